import { Pool } from 'pg';
import type { Visibility } from '../../application/caller.js';
import type { Clock } from '../../application/ports/clock.js';
import {
  LedgerStore,
  type AppendOutcome,
  type EntryFilter,
  type PageRequest,
  type TaskQuery,
  type Trace,
  type TracedNode,
  type TraceRequest,
  type WorkflowFlag,
  type WorkflowGraph,
  type WorkflowsPage,
  type WorkflowSummary,
} from '../../application/ports/ledger-store.js';
import { RevocationList } from '../../application/revocation-list.js';
import type { LogSealer, StoredLog } from '../../application/seal-log.js';
import type { AdmissionRules } from '../../domain/dag/admission.js';
import { traverse, type Traversal } from '../../domain/dag/traversal.js';
import type { Entry, VerifiedEct } from '../../domain/entry.js';
import { LedgerError } from '../../domain/errors.js';
import { KeyStatus } from '../../domain/key-status.js';
import type { TileReader } from '../../domain/log/stored-tiles.js';
import type { TileRange } from '../../domain/log/tile.js';
import { appendBatch } from './append-batch.js';
import { AppendConnection } from './append-connection.js';
import { inspectRights, type Rights } from './inspect-rights.js';
import { nodeAt, nodeOfRow, splitList, type NodeRow } from './node-row.js';
import { PostgresEntries } from './postgres-entries.js';
import { PostgresKeyHistory } from './postgres-key-history.js';
import { PostgresTrustStore } from './postgres-trust-store.js';
import { PostgresWorkflows } from './postgres-workflows.js';
import { StoredRevocations } from './stored-revocations.js';
import { toQuery, type Query, type Statement } from './statement.js';
import { storedLog } from './stored-log.js';
import { NODES_AT, WALK } from './trace-sql.js';
import { sightParameters } from './visibility-sql.js';

/** The one log there is today; the first column of every key. */
const LOG = 0;
const READ_TIMEOUT_MS = 5_000;
const READ_CONNECTIONS = 8;

export interface PostgresStoreOptions {
  readonly url: string;
  readonly rules: AdmissionRules;
  readonly sealer: LogSealer;
  /** Also told what the trust configuration revokes; without it only the stored ones count. */
  readonly revocations?: RevocationList | undefined;
  readonly clock: Clock;
  /** Told how far long work has come. */
  readonly onProgress: (message: string) => void;
  /** Told of every failure of the database, with its cause; the client only hears `store-unavailable`. */
  readonly onFailure: (error: unknown) => void;
}

/** Keeps entries in PostgreSQL: searches through Prisma, the append, look-ups and graph queries in SQL. */
export class PostgresLedgerStore extends LedgerStore {
  readonly keys: PostgresKeyHistory;
  readonly trust: PostgresTrustStore;
  private readonly revocations: StoredRevocations;
  private readonly appends: AppendConnection;
  private readonly pool: Pool;
  private readonly entries: PostgresEntries;
  private readonly byWorkflow: PostgresWorkflows;
  private readonly log: StoredLog;

  constructor(private readonly options: PostgresStoreOptions) {
    super();
    this.appends = new AppendConnection(options.url);
    this.pool = new Pool({
      connectionString: options.url,
      application_name: 'ect-ledger reads',
      max: READ_CONNECTIONS,
      connectionTimeoutMillis: 3_000,
      query_timeout: READ_TIMEOUT_MS + 1_000,
      options: `-c statement_timeout=${READ_TIMEOUT_MS}`,
    });
    this.pool.on('error', () => undefined); // an idle connection broke: the pool has dropped it, the next query opens another
    this.log = storedLog(this.query, LOG);
    const { revocations = new RevocationList(), clock, sealer } = options;
    this.revocations = new StoredRevocations(LOG, revocations);
    const { query } = this;
    const keyStatus = () => this.keyStatus();
    const guard = <Result>(work: () => Promise<Result>) => this.guard(work);
    const tracedNodes = (steps: Traversal['visited']) => this.tracedNodes(steps);
    this.keys = new PostgresKeyHistory({ log: LOG, query, keyStatus, tracedNodes });
    this.entries = new PostgresEntries({ log: LOG, pool: this.pool, query, guard, keyStatus });
    this.byWorkflow = new PostgresWorkflows({ log: LOG, query, keyStatus });
    const tools = { log: LOG, appends: this.appends, revocations: this.revocations, sealer, query, clock };
    this.trust = new PostgresTrustStore({ ...tools, guard });
  }

  async close(): Promise<void> {
    await this.appends.close();
    await this.entries.close();
    if (!this.pool.ended) await this.pool.end();
    this.options.sealer.close();
  }

  override async append(
    submissions: readonly (readonly VerifiedEct[])[],
  ): Promise<readonly (readonly AppendOutcome[])[]> {
    const { rules, sealer, clock, onProgress } = this.options;
    const { revocations } = this;
    const context = { log: LOG, rules, sealer, revocations, onProgress, nowMs: () => clock.nowMs() };
    return this.guard(async () => {
      const { outcomes, seal } = await this.appends.use((client) =>
        appendBatch(client, submissions, context),
      );
      if (seal) await sealer.settle(seal);
      return outcomes;
    });
  }

  override find(query: TaskQuery, limit: number, visibility: Visibility): Promise<readonly Entry[]> {
    return this.entries.find(query, limit, visibility);
  }

  override search(filter: EntryFilter, page: PageRequest, visibility: Visibility): Promise<readonly Entry[]> {
    return this.entries.search(filter, page, visibility);
  }

  override async trace(
    index: number,
    { direction, limit, depth, atSize }: TraceRequest,
    visibility: Visibility,
  ): Promise<Trace> {
    const bound = atSize ?? Number.MAX_SAFE_INTEGER;
    const rows = await this.query<{ index: number; neighbours: string }>(WALK[direction], [
      LOG,
      index,
      limit + 1,
      bound,
      ...sightParameters(visibility),
    ]);
    const neighbours = new Map(rows.map((row) => [row.index, splitList(row.neighbours).map(Number)]));
    const { visited, truncated } = traverse([index], (from) => neighbours.get(from) ?? [], { limit, depth });
    return { truncated, nodes: await this.tracedNodes(visited) };
  }

  override workflow(wid: string, limit: number, visibility: Visibility): Promise<WorkflowGraph | undefined> {
    return this.byWorkflow.graph(wid, limit, visibility);
  }

  override workflows(page: WorkflowsPage, visibility: Visibility): Promise<readonly WorkflowSummary[]> {
    return this.byWorkflow.list(page, visibility);
  }

  override workflowFlags(
    wids: readonly string[],
    visibility: Visibility,
  ): Promise<ReadonlyMap<string, readonly WorkflowFlag[]>> {
    return this.byWorkflow.flags(wids, visibility);
  }

  /** What this store's role may do, and whether the tables are guarded. */
  rights(): Promise<Rights> {
    return inspectRights((sql, values) => this.query(sql, values));
  }

  override size(): Promise<number> {
    return this.log.size();
  }

  override checkpoint(size?: number): Promise<string | undefined> {
    return this.log.checkpoint(size);
  }

  override readTiles(ranges: readonly TileRange[]): Promise<TileReader> {
    return this.log.readTiles(ranges);
  }

  override leaves(first: number, count: number): Promise<readonly Uint8Array[]> {
    return this.log.leaves(first, count);
  }

  override entryAt(index: number, visibility: Visibility): Promise<Entry | undefined> {
    return this.entries.at(index, visibility);
  }

  private async tracedNodes(steps: Traversal['visited']): Promise<readonly TracedNode[]> {
    const [rows, status] = await Promise.all([
      this.query<NodeRow>(NODES_AT, [LOG, steps.map(({ index }) => index)]),
      this.keyStatus(),
    ]);
    const nodes = new Map(rows.map((row) => [row.index, status.ofNode(nodeOfRow(row))]));
    return steps.map(({ index, depth }) => ({ ...nodeAt(nodes, index), depth }));
  }

  private async keyStatus(): Promise<KeyStatus> {
    return new KeyStatus(await this.revocations.forReading(this.query), this.options.clock.nowMs());
  }

  private readonly query: Query = <Row extends object>(sql: string | Statement, values: readonly unknown[]) =>
    this.guard(async () => (await this.pool.query<Row & Record<string, unknown>>(toQuery(sql, values))).rows);

  /** Wraps a failure of the database once. */
  private async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      this.options.onFailure(cause);
      if (cause instanceof LedgerError) throw cause; // the log refused: it says why itself
      const extras = { retryAfterSeconds: 1 };
      throw new LedgerError(
        'store-unavailable',
        'the database did not answer; nothing is acknowledged, try again',
        extras,
        { cause },
      );
    }
  }
}
