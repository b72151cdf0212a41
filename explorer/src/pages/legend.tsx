import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ColourBy, type Issuer, MARK_WORDS, MARKS } from '../graph/colouring.js';
import { IssuerDot } from '../ui/badges.js';

const SHOWN = 12;

interface LegendProps {
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly colourBy: ColourBy;
}

/** What colours, letters and lines mean. */
export function Legend({ issuers, colourBy }: LegendProps): JSX.Element {
  return (
    <div class="legend">
      {colourBy === 'issuer' ? <Issuers issuers={issuers} /> : <Decisions />}
      {colourBy === 'issuer' && (
        <ul class="legend-frames" aria-label="Outlines">
          <li>
            <span class="frame-sample frame-rejected" aria-hidden="true" />
            rejected, or key revoked
          </li>
          <li>
            <span class="frame-sample frame-pending" aria-hidden="true" />
            pending
          </li>
        </ul>
      )}
    </div>
  );
}

function Issuers({ issuers }: { readonly issuers: ReadonlyMap<string, Issuer> }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const all = [...issuers.values()];
  const shown = isWhole ? all : all.slice(0, SHOWN);
  return (
    <ul aria-label="Issuers">
      {shown.map(({ iss, name, letter, tone }) => (
        <li key={iss} title={iss}>
          <IssuerDot letter={letter} tone={tone} />
          <bdi>{name}</bdi>
        </li>
      ))}
      {all.length > shown.length && (
        <li>
          <button type="button" class="link-button" onClick={() => setWhole(true)}>
            and {all.length - shown.length} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Decisions(): JSX.Element {
  return (
    <ul aria-label="Policy decisions">
      {MARKS.map((mark) => (
        <li key={mark}>
          <span class={`swatch swatch-${mark}`} aria-hidden="true" />
          {MARK_WORDS[mark]}
        </li>
      ))}
    </ul>
  );
}
