import { Client } from 'pg';
import {
  AuditStore,
  type EntryColumns,
  type NamedParent,
  type StoredExtent,
  type StoredPlace,
} from '../../application/ports/audit-store.js';
import type { StoredLog } from '../../application/seal-log.js';
import type { TileReader } from '../../domain/log/stored-tiles.js';
import type { TileRange } from '../../domain/log/tile.js';
import * as sql from './audit-sql.js';
import { toQuery, type Query, type Statement } from './statement.js';
import { storedLog } from './stored-log.js';

/** The one log there is today. */
const LOG = 0;
const CONNECT_TIMEOUT_MS = 10_000;

type Nullable<Columns> = { readonly [Name in keyof Columns]: Columns[Name] | null };
type EntryRow = Nullable<EntryColumns> & { readonly index: number; readonly digest: Buffer };

/** Reads PostgreSQL over one connection, in one read-only transaction that sees one snapshot however long it takes. */
export class PostgresAuditStore extends AuditStore {
  private readonly log: StoredLog;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: Client) {
    super();
    this.log = storedLog(this.query, LOG);
  }

  /** @throws whatever connecting throws */
  static async open(url: string): Promise<PostgresAuditStore> {
    const client = new Client({
      connectionString: url,
      application_name: 'ect-ledger audit',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', () => undefined); // the query that waits for it fails and tells
    await client.connect();
    await client.query(`SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
      BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY`);
    return new PostgresAuditStore(client);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  override async extent(): Promise<StoredExtent> {
    const [extent] = await this.query<Nullable<Omit<StoredExtent, 'hashes'>>>(sql.EXTENT, [LOG]);
    const hashes = await this.query<{ hashes: number }>(sql.HASHES, [LOG]);
    return {
      leaves: extent?.leaves ?? 0,
      entries: extent?.entries ?? 0,
      tokens: extent?.tokens ?? 0,
      edges: extent?.edges ?? 0,
      newestCheckpoint: extent?.newestCheckpoint ?? undefined,
      hashes: hashes.map((row) => row.hashes),
    };
  }

  override async places(first: number, count: number): Promise<readonly StoredPlace[]> {
    const range = [LOG, first, first + count];
    const [leaves, entries, tokens, edges, configurations] = await Promise.all([
      this.query<{ index: number; leaf: Buffer }>(sql.LEAVES, range),
      this.query<EntryRow>(sql.ENTRIES, range),
      this.query<{ index: number; ect: Buffer }>(sql.TOKENS, range),
      this.query<{ child: number; parent: number }>(sql.EDGES, range),
      this.query<{ index: number; configuration: Buffer }>(sql.CONFIGURATIONS, range),
    ]);
    const leafAt = new Map(leaves.map(({ index, leaf }) => [index, leaf]));
    const entryAt = new Map(entries.map((row) => [row.index, columnsOf(row)]));
    const tokenAt = new Map(tokens.map(({ index, ect }) => [index, ect]));
    const configurationAt = new Map(configurations.map((row) => [row.index, row.configuration]));
    const parentsOf = groupBy(edges, ({ child }) => child);
    return Array.from({ length: count }, (_, at) => first + at).map((index) => ({
      index,
      leaf: leafAt.get(index),
      entry: entryAt.get(index),
      token: tokenAt.get(index),
      parents: (parentsOf.get(index) ?? []).map(({ parent }) => parent),
      configuration: configurationAt.get(index),
    }));
  }

  /** Each tile is put together once. */
  override async tiles(ranges: readonly TileRange[]): Promise<TileReader> {
    const readTile = await this.log.readTiles(ranges);
    const known = new Map(ranges.map(({ tile }) => [`${tile.level}/${tile.index}`, readTile(tile)] as const));
    return ({ level, index }) => known.get(`${level}/${index}`) ?? new Uint8Array();
  }

  override checkpoints(after: number, last: number): Promise<readonly { size: number; note: string }[]> {
    return this.query(sql.CHECKPOINTS, [LOG, after, last]);
  }

  override async keys(jkts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.query<{ jkt: string; jwk: string }>(sql.KEYS, [LOG, jkts]);
    return new Map(rows.map(({ jkt, jwk }) => [jkt, jwk]));
  }

  override async candidates(named: readonly NamedParent[]): Promise<readonly (readonly number[])[]> {
    const rows = await this.query<{ place: number; index: number }>(sql.CANDIDATES, [
      LOG,
      named.map(({ child }) => child),
      named.map(({ jti }) => jti),
      named.map(({ wid }) => wid ?? null),
    ]);
    const found = groupBy(rows, ({ place }) => place);
    return named.map((_, place) => (found.get(place) ?? []).map(({ index }) => index));
  }

  override twins(first: number, count: number): Promise<readonly { index: number; earlier: number }[]> {
    return this.query(sql.TWINS, [LOG, first, first + count]);
  }

  override async positionsBefore(
    wids: readonly string[],
    index: number,
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await this.query<{ wid: string; position: number }>(sql.POSITIONS_BEFORE, [
      LOG,
      wids,
      index,
    ]);
    return new Map(rows.map(({ wid, position }) => [wid, position]));
  }

  override async recordedBefore(index: number): Promise<number> {
    const [row] = await this.query<{ recordedAtMs: number }>(sql.RECORDED_BEFORE, [LOG, index]);
    return row?.recordedAtMs ?? 0;
  }

  /** One after the other, since one connection is one snapshot. */
  private readonly query: Query = async <Row extends object>(
    sql: string | Statement,
    values: readonly unknown[],
  ) => {
    const rows = this.last.then(
      async () => (await this.client.query<Row & Record<string, unknown>>(toQuery(sql, values))).rows,
    );
    this.last = rows.catch(() => undefined); // whoever asked learns of it
    return rows;
  };
}

function columnsOf(row: EntryRow): EntryColumns {
  const { wid, workflowPosition, polDecision, digest } = row;
  return {
    ...(row as EntryColumns),
    wid: wid ?? undefined,
    workflowPosition: workflowPosition ?? undefined,
    polDecision: polDecision ?? undefined,
    digest: digest.toString('base64url'),
  };
}

function groupBy<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => number,
): ReadonlyMap<number, readonly Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
