import type { JSX } from 'preact';
import type { WorkflowSummary } from '../api/wire.js';
import { DecisionBadge, RevokedBadge } from '../ui/badges.js';

/** What an auditor would want to see first. */
export function Flags({ flags }: Pick<WorkflowSummary, 'flags'>): JSX.Element {
  if (flags.length === 0) return <span class="quiet">–</span>;
  return (
    <span class="badges">
      {flags.includes('rejected') && <DecisionBadge mark="rejected" />}
      {flags.includes('pending_human_review') && <DecisionBadge mark="pending_human_review" text="pending" />}
      {flags.includes('revoked_key') && <RevokedBadge />}
    </span>
  );
}
