import { EVERYTHING } from './application/caller.js';
import type {
  EntryFilter,
  PageRequest,
  TaskQuery,
  Trace,
  WorkflowGraph,
} from './application/ports/ledger-store.js';
import { Metrics } from './application/ports/metrics.js';
import { PublishLog } from './application/publish-log.js';
import { ReadLedger } from './application/read-ledger.js';
import { RecordEcts } from './application/record-ects.js';
import { LogSealer } from './application/seal-log.js';
import { Sequencer } from './application/sequencer.js';
import { TraceDag } from './application/trace-dag.js';
import type { AdmissionRules } from './domain/dag/admission.js';
import type { Entry } from './domain/entry.js';
import type { Receipt } from './domain/log/receipt.js';
import { Ed25519CheckpointSigner } from './keys/ed25519-checkpoint-signer.js';
import { MemoryCheckpointAnchor } from './storage/memory/memory-checkpoint-anchor.js';
import { MemoryLedgerStore } from './storage/memory/memory-ledger-store.js';
import { clockOf, verifierOf, type VerifyOptions } from './verify-ect.js';

/** Whom to trust and what to accept; the defaults are the service's. */
export interface MemoryLedgerOptions extends Omit<VerifyOptions, 'replay' | 'wit'>, Partial<AdmissionRules> {}

export type { DagNode as LedgerNode, Entry as LedgerEntry } from './domain/entry.js';
export type { Trace as LedgerTrace } from './application/ports/ledger-store.js';

/** What became of a token that was accepted: recorded now, or the byte-identical one was there before. */
export interface Recorded {
  readonly kind: 'recorded' | 'already-recorded';
  readonly entry: Entry;
  /** Proof of it, verifiable with `verifyReceipt`. */
  readonly receipt: Receipt;
}

const DEFAULT_RULES: AdmissionRules = {
  clockSkewSeconds: 30,
  remediationActions: ['compensate*', 'rollback*', 'remediate*', 'human_review*'],
};

/** How many nodes a trace or a workflow shows unless told otherwise. */
const DEFAULT_LIMIT = 1_000;

/** Origin of the log in memory. */
const ORIGIN = 'localhost/ect-ledger';

/**
 * The whole ledger in memory, with the service's rules: for tests, for single processes, for trying things out. Nothing survives the
 * process.
 */
export class MemoryLedger {
  private readonly opened: Promise<Opened>;

  constructor(options: MemoryLedgerOptions) {
    this.opened = open(options);
    this.opened.catch(() => undefined); // broken trust is told to whoever calls
  }

  /** The public key that verifies the receipts of this ledger, in C2SP's text form; it ends with the ledger. */
  async vkey(): Promise<string> {
    return (await this.opened).vkey;
  }

  /**
   * Verifies one ECT, checks its place in the DAG and keeps it (ECT §7).
   *
   * @param wit the Workload Identity Token that came with it
   * @throws LedgerError with the code of the first check that failed
   * @throws TrustError when `keys` is static trust that is broken
   */
  async record(compact: string, wit?: string): Promise<Recorded> {
    return (await this.opened).recorder.recordOne(
      wit === undefined ? compact : { ect: compact, wit },
      EVERYTHING,
    );
  }

  /** @throws LedgerError `not-found`, `ambiguous-jti` */
  async get(jti: string, wid?: string | null): Promise<Entry> {
    return (await this.opened).reader.get(queryOf(jti, wid), EVERYTHING);
  }

  /** Entries by index, up to `page.limit`. */
  async search(
    filter: EntryFilter = {},
    page: PageRequest = { order: 'asc', limit: 100 },
  ): Promise<readonly Entry[]> {
    return (await (await this.opened).reader.search(filter, page, EVERYTHING)).items;
  }

  /** Which tasks led to this one; the asked one first. @throws LedgerError `not-found`, `ambiguous-jti` */
  ancestry(jti: string, options: TraceOptions = {}): Promise<Trace> {
    return this.trace('ancestors', jti, options);
  }

  /** What came of this task; the asked one first. @throws LedgerError `not-found`, `ambiguous-jti` */
  descendants(jti: string, options: TraceOptions = {}): Promise<Trace> {
    return this.trace('descendants', jti, options);
  }

  /** @throws LedgerError `not-found` */
  async workflow(wid: string, limit = DEFAULT_LIMIT): Promise<WorkflowGraph> {
    return (await this.opened).tracer.workflow(wid.toLowerCase(), limit, EVERYTHING);
  }

  private async trace(
    direction: 'ancestors' | 'descendants',
    jti: string,
    { wid, depth, limit = DEFAULT_LIMIT }: TraceOptions,
  ): Promise<Trace> {
    const { tracer } = await this.opened;
    return (await tracer.trace(queryOf(jti, wid), { direction, depth, limit }, EVERYTHING)).trace;
  }
}

export interface TraceOptions {
  readonly wid?: string | null;
  readonly depth?: number;
  readonly limit?: number;
}

interface Opened {
  readonly recorder: RecordEcts;
  readonly reader: ReadLedger;
  readonly tracer: TraceDag;
  readonly vkey: string;
}

async function open(options: MemoryLedgerOptions): Promise<Opened> {
  const {
    clockSkewSeconds = DEFAULT_RULES.clockSkewSeconds,
    remediationActions = DEFAULT_RULES.remediationActions,
  } = options;
  const metrics = new NoMetrics();
  const signer = await Ed25519CheckpointSigner.generate(ORIGIN);
  const sealer = new LogSealer([signer], new MemoryCheckpointAnchor(), metrics);
  const store = new MemoryLedgerStore({ clockSkewSeconds, remediationActions }, sealer, clockOf(options));
  const sequencer = new Sequencer(store, metrics, { queueLimit: Infinity, batchLimit: Infinity });
  const reader = new ReadLedger(store);
  return {
    recorder: new RecordEcts(
      await verifierOf(options),
      store,
      sequencer,
      new PublishLog(store, store.trust, sealer.keys),
      metrics,
      () => undefined,
    ),
    reader,
    tracer: new TraceDag(store, reader),
    vkey: sealer.vkeys[0] ?? '',
  };
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
  override replayChecked(): void {}
  override keysFetched(): void {}
  override selfCheckFailed(): void {}
  override following(): void {}
  override followed(): void {}
}
