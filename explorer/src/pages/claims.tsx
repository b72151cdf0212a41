import type { JSX } from 'preact';
import type { Entry } from '../api/wire.js';
import { decodeToken } from '../verify/decode-token.js';
import { CopyButton } from '../ui/copy-button.js';

/** What the agent signed, read from the token itself and not from the ledger's words about it. */
export function Claims({ entry: { ect } }: { readonly entry: Entry }): JSX.Element {
  const token = decodeToken(ect);
  if (!token) return <p>The token cannot be read.</p>;
  return (
    <div class="claims">
      <pre tabIndex={0} aria-label="Claims">
        <code>{JSON.stringify(token.payload, null, 2)}</code>
      </pre>
      <details>
        <summary>Header and token</summary>
        <pre tabIndex={0} aria-label="Header">
          <code>{JSON.stringify(token.header, null, 2)}</code>
        </pre>
        <pre class="token" tabIndex={0} aria-label="Token">
          <code>{ect}</code>
        </pre>
        <CopyButton text={ect} label="Copy the token" />
      </details>
    </div>
  );
}
