import { canSee, type Visibility } from '../../application/caller.js';
import type {
  EntryFilter,
  WorkflowFlag,
  WorkflowsPage,
  WorkflowSummary,
} from '../../application/ports/ledger-store.js';
import type { RecordedTask } from '../../domain/dag/admission.js';
import type { Entry } from '../../domain/entry.js';

/** One entry with its edges, as kept in memory. */
export interface Kept {
  readonly entry: Entry;
  readonly task: RecordedTask;
  readonly parents: readonly number[];
  readonly children: number[];
}

export function push(groups: Map<string, Kept[]>, key: string, kept: Kept): void {
  const group = groups.get(key);
  if (group) group.push(kept);
  else groups.set(key, [kept]);
}

export function isSeen({ entry }: Kept, visibility: Visibility): boolean {
  return canSee(visibility, entry.claims);
}

export function seenOf(kept: readonly Kept[], visibility: Visibility): readonly Kept[] {
  return kept.filter((one) => isSeen(one, visibility));
}

export function matches({ claims, kid, jkt, recordedAtMs }: Entry, filter: EntryFilter): boolean {
  const { wid, iss, execAct, polDecision, fromMs = -Infinity, toMs = Infinity } = filter;
  return (
    (wid === undefined || claims.wid === wid) &&
    (iss === undefined || claims.iss === iss) &&
    (execAct === undefined || claims.execAct === execAct) &&
    (filter.kid === undefined || kid === filter.kid) &&
    (filter.jkt === undefined || jkt === filter.jkt) &&
    (polDecision === undefined || claims.polDecision === polDecision) &&
    recordedAtMs >= fromMs &&
    recordedAtMs < toMs
  );
}

export function summarise(wid: string, kept: readonly Kept[]): WorkflowSummary {
  const first = kept[0];
  const last = kept.at(-1);
  if (!first || !last) throw new Error(`the workflow ${wid} has no entry`);
  return {
    wid,
    entries: kept.length,
    firstIndex: first.entry.index,
    firstRecordedAtMs: first.entry.recordedAtMs,
    lastRecordedAtMs: last.entry.recordedAtMs,
    issuers: [...new Set(kept.map(({ entry }) => entry.claims.iss))].sort(),
  };
}

/** Whether a workflow belongs to what a page may show. */
export function isAsked(
  { firstIndex, issuers }: WorkflowSummary,
  { beforeIndex = Infinity, issuers: sought }: WorkflowsPage,
): boolean {
  return firstIndex < beforeIndex && (sought === undefined || sought.some((iss) => issuers.includes(iss)));
}

const FLAGS: readonly (readonly [WorkflowFlag, (entry: Entry) => boolean])[] = [
  ['rejected', ({ claims }) => claims.polDecision === 'rejected'],
  ['pending_human_review', ({ claims }) => claims.polDecision === 'pending_human_review'],
  ['revoked_key', ({ keyRevokedAtMs }) => keyRevokedAtMs !== undefined],
];

/** The flags of a workflow of these entries, as readers see them. */
export function flagsOf(entries: readonly Entry[]): readonly WorkflowFlag[] {
  return FLAGS.filter(([, holds]) => entries.some(holds)).map(([flag]) => flag);
}
