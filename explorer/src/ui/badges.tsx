import type { JSX } from 'preact';
import { MARK_WORDS } from '../graph/colouring.js';
import type { Mark } from '../graph/drawing.js';
import { Icon, type IconName } from './icon.js';

const MARK_ICONS: Readonly<Record<Mark, IconName>> = {
  approved: 'check',
  rejected: 'cross',
  pending_human_review: 'pause',
  none: 'minus',
};

export function DecisionBadge({ mark, text }: { readonly mark: Mark; readonly text?: string }): JSX.Element {
  return (
    <span class={`badge badge-${mark}`}>
      <Icon name={MARK_ICONS[mark]} />
      {text ?? MARK_WORDS[mark]}
    </span>
  );
}

export function RevokedBadge({ text = 'key revoked' }: { readonly text?: string }): JSX.Element {
  return (
    <span class="badge badge-rejected">
      <Icon name="warning" />
      {text}
    </span>
  );
}

/** A letter on its colour: who did it. */
export function IssuerDot({ letter, tone }: { readonly letter: string; readonly tone: number }): JSX.Element {
  return (
    <span class={`issuer-dot tone-${tone}`} aria-hidden="true">
      {letter}
    </span>
  );
}
