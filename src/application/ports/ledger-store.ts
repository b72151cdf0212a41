import { entryOf, type Admission } from '../../domain/dag/admission.js';
import type { DagNode, Entry, VerifiedEct } from '../../domain/entry.js';
import type { LedgerError } from '../../domain/errors.js';
import type { Receipt } from '../../domain/log/receipt.js';
import type { Visibility } from '../caller.js';
import { LogStore } from './log-store.js';

/** What became of one ECT of an append. A rejected one left nothing behind. */
export type AppendOutcome =
  | { readonly kind: 'recorded'; readonly entry: Entry; readonly receipt: Receipt }
  /** The byte-identical token was there before; `entry` is its first recording. */
  | { readonly kind: 'already-recorded'; readonly entry: Entry }
  | { readonly kind: 'rejected'; readonly error: LedgerError };

/** Which task is asked for; `wid: null` asks for the one without workflow, an absent `wid` for whichever there is. Lower case. */
export interface TaskQuery {
  readonly jti: string;
  readonly wid?: string | null | undefined;
}

/** What `search` filters by; all given ones must hold. `jti` and `wid` lower case. */
export interface EntryFilter {
  readonly wid?: string | undefined;
  readonly iss?: string | undefined;
  readonly execAct?: string | undefined;
  readonly kid?: string | undefined;
  /** Thumbprint of the verifying key. */
  readonly jkt?: string | undefined;
  readonly polDecision?: string | undefined;
  /** Inclusive, ms since the epoch, on the time of recording. */
  readonly fromMs?: number | undefined;
  /** Exclusive, ms since the epoch, on the time of recording. */
  readonly toMs?: number | undefined;
}

export interface PageRequest {
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** Only entries beyond this index in the page's direction. */
  readonly afterIndex?: number | undefined;
}

export interface TraceRequest {
  readonly direction: 'ancestors' | 'descendants';
  /** How many nodes at most, the asked one included. */
  readonly limit: number;
  /** How many steps from the asked node at most; without it no bound. */
  readonly depth?: number | undefined;
  /** Size of the log to look at: only entries below this index count. */
  readonly atSize?: number | undefined;
}

/** A DAG node and its shortest distance from the asked one. */
export interface TracedNode extends DagNode {
  readonly depth: number;
}

export interface Trace {
  /** By depth, then index; the asked node first, at depth 0. */
  readonly nodes: readonly TracedNode[];
  /** Whether `limit` or `depth` cut something off. */
  readonly truncated: boolean;
}

export interface WorkflowGraph {
  /** By index. */
  readonly nodes: readonly DagNode[];
  /** `jti`s of the shown nodes without parents. */
  readonly roots: readonly string[];
  /** `jti`s of the shown nodes that nothing in the ledger names as parent. */
  readonly leaves: readonly string[];
  readonly truncated: boolean;
}

export interface WorkflowsPage {
  readonly limit: number;
  /** Only workflows started before this index. */
  readonly beforeIndex?: number | undefined;
  /** Only workflows in which one of these issuers took part. */
  readonly issuers?: readonly string[] | undefined;
}

/** What an auditor looks at first: a task that was rejected, that waits for a person, whose key is revoked now. */
export type WorkflowFlag = 'rejected' | 'pending_human_review' | 'revoked_key';

export interface WorkflowSummary {
  readonly wid: string;
  readonly entries: number;
  readonly firstIndex: number;
  readonly firstRecordedAtMs: number;
  readonly lastRecordedAtMs: number;
  readonly issuers: readonly string[];
}

/**
 * Where entries are kept: append-only, in one total order (ECT §9).
 *
 * Every method throws `LedgerError` `store-unavailable` when the storage can't be reached or does not answer in time; the caller's
 * client retries, since recording the same bytes again is safe. Absence is `undefined` or an empty list, never an error.
 *
 * Visibility: a read answers as if entries out of sight had never been recorded, and takes no longer for them than for absent ones.
 */
export abstract class LedgerStore extends LogStore {
  /**
   * Appends the admissible ECTs of each submission, in order, as one atomic act. The outcomes stand in the order given.
   *
   * - Proof: the leaves of all recorded entries are in the tree, under one checkpoint that is signed, durable and anchored when the
   *   call returns. The first append writes the genesis leaf; one without submissions only sees to that.
   * - Atomicity: all entries of the call become durable and visible together, or none does and the call throws.
   * - Equal to one submission at a time: a later one sees what an earlier one appended. Within a submission tokens may name each
   *   other as parents in any order (`domain/dag/admission.ts`).
   * - Index: assigned in commit order, without a gap, from 1 (0 belongs to the genesis leaf); a parent's is below its child's.
   * - Concurrency: safe between instances on one storage; one call at a time per instance.
   * - After a throw nothing is acknowledged; whether the append persisted is unknown, and sending the same bytes again tells.
   */
  abstract append(
    submissions: readonly (readonly VerifiedEct[])[],
  ): Promise<readonly (readonly AppendOutcome[])[]>;

  /** Entries of a `jti`, up to `limit` by index. */
  abstract find(task: TaskQuery, limit: number, visibility: Visibility): Promise<readonly Entry[]>;

  abstract search(filter: EntryFilter, page: PageRequest, visibility: Visibility): Promise<readonly Entry[]>;

  /** Ancestors or descendants of the entry at `index`, which must exist and be in sight; no way leads through what is out of sight. */
  abstract trace(index: number, request: TraceRequest, visibility: Visibility): Promise<Trace>;

  /** The first `limit` tasks of a workflow by index; `undefined` for an unknown workflow. */
  abstract workflow(wid: string, limit: number, visibility: Visibility): Promise<WorkflowGraph | undefined>;

  /** Workflows, most recently started first. */
  abstract workflows(page: WorkflowsPage, visibility: Visibility): Promise<readonly WorkflowSummary[]>;

  /** The flags of these workflows, in the order in which they are declared. */
  abstract workflowFlags(
    wids: readonly string[],
    visibility: Visibility,
  ): Promise<ReadonlyMap<string, readonly WorkflowFlag[]>>;
}

/** What a store answers for an admission, once it is durable. */
export function outcomeOf(admission: Admission, receipts: ReadonlyMap<number, Receipt>): AppendOutcome {
  switch (admission.kind) {
    case 'recorded': {
      const { ect, index, recordedAtMs } = admission.admitted;
      const receipt = receipts.get(index);
      if (!receipt) throw new Error(`the entry at index ${index} has no receipt`);
      return { kind: 'recorded', entry: entryOf(ect, { index, recordedAtMs, jkt: ect.jkt }), receipt };
    }
    case 'already-recorded':
      return { kind: 'already-recorded', entry: entryOf(admission.ect, admission.first) };
    case 'rejected':
      return admission;
  }
}
