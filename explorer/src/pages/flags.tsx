import type { JSX } from 'preact';
import { searchEntries } from '../api/client.js';
import { useLoad } from '../api/use-load.js';
import type { UsedKey, WorkflowSummary } from '../api/wire.js';
import { DecisionBadge, RevokedBadge } from '../ui/badges.js';

interface FlagsProps {
  readonly workflow: WorkflowSummary;
  readonly revokedKeys: readonly UsedKey[];
}

/** What an auditor would want to see first. Each row asks for itself, once it is shown: the list costs the ledger no more than its page. */
export function Flags({ workflow: { wid, entries, issuers }, revokedKeys }: FlagsProps): JSX.Element {
  const keys = revokedKeys.filter(({ names }) => names.some(({ iss }) => issuers.includes(iss)));
  const questions = [
    { pol_decision: 'rejected' },
    { pol_decision: 'pending_human_review' },
    ...keys.map(({ jkt }) => ({ jkt })),
  ];
  const found = useLoad(`flags ${wid} ${entries} ${keys.length}`, (signal) =>
    Promise.all(
      questions.map(async (question) => {
        const page = await searchEntries({ wid, ...question, limit: 1 }, signal);
        return page.entries.length > 0;
      }),
    ),
  );
  if (found.state === 'loading') return <span class="skeleton skeleton-badge" />;
  // Nothing to look at, and not knowing, must not look alike.
  if (found.state === 'failed') return <span class="quiet">not known</span>;
  const [isRejected = false, isPending = false, ...byKey] = found.value;
  const isRevoked = byKey.includes(true);
  return (
    <span class="badges">
      {isRejected && <DecisionBadge mark="rejected" />}
      {isPending && <DecisionBadge mark="pending_human_review" text="pending" />}
      {isRevoked && <RevokedBadge />}
      {!isRejected && !isPending && !isRevoked && <span class="quiet">–</span>}
    </span>
  );
}
