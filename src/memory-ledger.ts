import type { EntryFilter, PageRequest, Trace, WorkflowGraph } from './application/ports/ledger-store.js';
import { Metrics } from './application/ports/metrics.js';
import { ReadLedger, type TaskQuery } from './application/read-ledger.js';
import { RecordEcts } from './application/record-ects.js';
import { Sequencer } from './application/sequencer.js';
import { TraceDag } from './application/trace-dag.js';
import type { AdmissionRules } from './domain/dag/admission.js';
import type { Entry } from './domain/entry.js';
import { MemoryLedgerStore } from './storage/memory/memory-ledger-store.js';
import { clockOf, verifierOf, type VerifyOptions } from './verify-ect.js';

/** Whom to trust and what to accept; the defaults are the service's. */
export interface MemoryLedgerOptions extends Omit<VerifyOptions, 'replay'>, Partial<AdmissionRules> {}

export type { DagNode as LedgerNode, Entry as LedgerEntry } from './domain/entry.js';
export type { Trace as LedgerTrace } from './application/ports/ledger-store.js';

/** What became of a token that was accepted: recorded now, or the byte-identical one was there before. */
export interface Recorded {
  readonly kind: 'recorded' | 'already-recorded';
  readonly entry: Entry;
}

const DEFAULT_RULES: AdmissionRules = {
  clockSkewSeconds: 30,
  remediationActions: ['compensate*', 'rollback*', 'remediate*', 'human_review*'],
};

/** How many nodes a trace or a workflow shows unless told otherwise. */
const DEFAULT_LIMIT = 1_000;

/**
 * The whole ledger in memory, with the service's rules: for tests, for single processes, for trying things out. Nothing survives the
 * process.
 */
export class MemoryLedger {
  private readonly store: MemoryLedgerStore;
  private readonly recorder: Promise<RecordEcts>;
  private readonly reader: ReadLedger;
  private readonly tracer: TraceDag;

  constructor(options: MemoryLedgerOptions) {
    const {
      clockSkewSeconds = DEFAULT_RULES.clockSkewSeconds,
      remediationActions = DEFAULT_RULES.remediationActions,
    } = options;
    this.store = new MemoryLedgerStore({ clockSkewSeconds, remediationActions }, clockOf(options));
    this.reader = new ReadLedger(this.store);
    this.tracer = new TraceDag(this.store, this.reader);
    this.recorder = this.createRecorder(options);
    this.recorder.catch(() => undefined); // broken trust is told to whoever records
  }

  /**
   * Verifies one ECT, checks its place in the DAG and keeps it (ECT §7).
   *
   * @throws LedgerError with the code of the first check that failed
   * @throws TrustError when `keys` is static trust that is broken
   */
  async record(compact: string): Promise<Recorded> {
    return (await this.recorder).recordOne(compact);
  }

  /** @throws LedgerError `not-found`, `ambiguous-jti` */
  get(jti: string, wid?: string | null): Promise<Entry> {
    return this.reader.get(queryOf(jti, wid));
  }

  /** Entries by index, up to `page.limit`. */
  async search(
    filter: EntryFilter = {},
    page: PageRequest = { order: 'asc', limit: 100 },
  ): Promise<readonly Entry[]> {
    return (await this.reader.search(filter, page)).items;
  }

  /** Which tasks led to this one; the asked one first. @throws LedgerError `not-found`, `ambiguous-jti` */
  async ancestry(
    jti: string,
    options: { wid?: string | null; depth?: number; limit?: number } = {},
  ): Promise<Trace> {
    return this.trace('ancestors', jti, options);
  }

  /** What came of this task; the asked one first. @throws LedgerError `not-found`, `ambiguous-jti` */
  async descendants(
    jti: string,
    options: { wid?: string | null; depth?: number; limit?: number } = {},
  ): Promise<Trace> {
    return this.trace('descendants', jti, options);
  }

  /** @throws LedgerError `not-found` */
  workflow(wid: string, limit = DEFAULT_LIMIT): Promise<WorkflowGraph> {
    return this.tracer.workflow(wid.toLowerCase(), limit);
  }

  private async trace(
    direction: 'ancestors' | 'descendants',
    jti: string,
    { wid, depth, limit = DEFAULT_LIMIT }: { wid?: string | null; depth?: number; limit?: number },
  ): Promise<Trace> {
    return (await this.tracer.trace(queryOf(jti, wid), { direction, depth, limit })).trace;
  }

  private async createRecorder(options: MemoryLedgerOptions): Promise<RecordEcts> {
    const metrics = new NoMetrics();
    const sequencer = new Sequencer(this.store, metrics, { queueLimit: Infinity, batchLimit: Infinity });
    return new RecordEcts(await verifierOf(options), this.store, sequencer, metrics, () => undefined);
  }
}

/** UUIDs are compared in lower case. */
function queryOf(jti: string, wid: string | null | undefined): TaskQuery {
  return { jti: jti.toLowerCase(), wid: wid?.toLowerCase() ?? wid };
}

/** A library counts nothing. */
class NoMetrics extends Metrics {
  override recorded(): void {}
  override rejected(): void {}
  override appended(): void {}
  override verified(): void {}
  override queueDepth(): void {}
}
