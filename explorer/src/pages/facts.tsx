import type { ComponentChildren, JSX } from 'preact';
import type { Entry } from '../api/wire.js';
import { CopyButton } from '../ui/copy-button.js';
import { moment } from '../ui/words.js';

/** What the ledger says of the entry. */
export function Facts({ entry }: { readonly entry: Entry }): JSX.Element {
  return (
    <dl class="facts">
      <Fact name="Issuer">
        <bdi class="breakable">{entry.iss}</bdi>
      </Fact>
      <Fact name="Task">
        <code>{entry.jti}</code>
        <CopyButton text={entry.jti} label="Copy the UUID of the task" isSmall />
      </Fact>
      {entry.pol !== undefined && (
        <Fact name="Policy">
          <bdi>{entry.pol}</bdi>
        </Fact>
      )}
      <Fact name="Signed">
        <time dateTime={new Date(entry.iat * 1_000).toISOString()}>{moment(entry.iat * 1_000)}</time>
      </Fact>
      <Fact name="Recorded">
        <time dateTime={entry.recorded_at}>{moment(entry.recorded_at)}</time>
      </Fact>
      <Fact name="Key">
        <bdi class="breakable">{entry.kid}</bdi> <span class="quiet">({entry.alg})</span>
      </Fact>
      <Fact name="Thumbprint">
        <code class="breakable">{entry.jkt}</code>
      </Fact>
      {entry.key_status === 'revoked' && (
        <Fact name="Key revoked">
          {entry.key_revoked_at === undefined ? 'yes' : moment(entry.key_revoked_at)}
        </Fact>
      )}
      <Fact name="Audience">
        {entry.aud.map((aud) => (
          <bdi key={aud} class="breakable">
            {aud}{' '}
          </bdi>
        ))}
      </Fact>
    </dl>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
