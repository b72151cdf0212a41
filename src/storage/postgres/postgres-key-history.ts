import {
  KeyHistory,
  MAX_KEY_NAMES,
  type ImpactRequest,
  type KeyName,
  type KeysRequest,
  type ListedKey,
  type UsedKey,
} from '../../application/ports/key-history.js';
import type { Trace, TracedNode } from '../../application/ports/ledger-store.js';
import { traverse, type Traversal } from '../../domain/dag/traversal.js';
import type { PublicJwk } from '../../domain/entry.js';
import type { KeyStatus } from '../../domain/key-status.js';
import { splitList } from './node-row.js';
import type { Query } from './statement.js';
import { IMPACT } from './trace-sql.js';

/** What is told of keys; `asked` gives their "jkt" and "position". $1 log. Each costs a few index look-ups, however often it was used. */
const usedKeys = (asked: string) => `
  SELECT asked."jkt" AS "jkt", asked."position"::float8 AS "position", k."jwk" AS "jwk", first."alg" AS "alg",
         first."index"::float8 AS "firstIndex", first."recorded_at_ms"::float8 AS "firstUsedAtMs",
         last."index"::float8 AS "lastIndex", last."recorded_at_ms"::float8 AS "lastUsedAtMs", names."names" AS "names"
    FROM (${asked}) asked
    JOIN "verification_key" k ON k."log" = $1 AND k."jkt" = asked."jkt"
   CROSS JOIN LATERAL (
      SELECT e."index", e."recorded_at_ms", e."alg" FROM "entry" e WHERE e."log" = $1 AND e."jkt" = asked."jkt" ORDER BY e."index" LIMIT 1
   ) first
   CROSS JOIN LATERAL (
      SELECT e."index", e."recorded_at_ms" FROM "entry" e WHERE e."log" = $1 AND e."jkt" = asked."jkt" ORDER BY e."index" DESC LIMIT 1
   ) last
   CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('iss', u."iss", 'kid', u."kid", 'source', u."source") ORDER BY u."first_index") AS "names"
        FROM (SELECT * FROM "key_use" k WHERE k."log" = $1 AND k."jkt" = asked."jkt" ORDER BY k."first_index" LIMIT ${MAX_KEY_NAMES}) u
   ) names
   ORDER BY asked."position" DESC`;

/** The use that stands for a key on a page: its first, of those that `condition` on "u" lets through. $2 position, $3 limit. */
const page = (condition: string, isEarlier: string) => `
  SELECT u."jkt", u."first_index" AS "position" FROM "key_use" u
   WHERE u."log" = $1 AND u."first_index" < $2::bigint AND ${condition}
     AND NOT EXISTS (
        SELECT 1 FROM "key_use" o WHERE o."log" = $1 AND o."jkt" = u."jkt" AND o."first_index" < u."first_index" AND ${isEarlier}
     )
   ORDER BY u."first_index" DESC LIMIT $3`;

const KEYS = usedKeys(page('true', 'true'));
const KEYS_OF_ISSUER = usedKeys(page('u."iss" = $4', 'o."iss" = $4'));
const KEY = usedKeys(`SELECT $2::text AS "jkt", 0 AS "position"`);

interface KeyRow extends Omit<ListedKey, 'jwk' | 'names'> {
  readonly jwk: string;
  readonly names: readonly (Omit<KeyName, 'source'> & { readonly source: string | null })[];
}

interface ImpactRow {
  readonly index: number;
  readonly isSigned: boolean;
  /** Indices of its children, as text. */
  readonly neighbours: string;
}

export interface KeyHistoryTools {
  readonly query: Query;
  readonly log: number;
  readonly keyStatus: () => Promise<KeyStatus>;
  /** What is shown of the tasks that a walk visited, in its order. */
  readonly tracedNodes: (steps: Traversal['visited']) => Promise<readonly TracedNode[]>;
}

/** Reads what the appends left. */
export class PostgresKeyHistory extends KeyHistory {
  constructor(private readonly tools: KeyHistoryTools) {
    super();
  }

  override list({
    iss,
    limit,
    before = Number.MAX_SAFE_INTEGER,
  }: KeysRequest): Promise<readonly ListedKey[]> {
    return iss === undefined
      ? this.read(KEYS, [before, limit])
      : this.read(KEYS_OF_ISSUER, [before, limit, iss]);
  }

  override async find(jkt: string): Promise<UsedKey | undefined> {
    return (await this.read(KEY, [jkt]))[0];
  }

  override async impact(jkt: string, { fromMs, limit }: ImpactRequest): Promise<Trace> {
    const { query, log, tracedNodes } = this.tools;
    const rows = await query<ImpactRow>(IMPACT, [log, jkt, limit + 1, fromMs]);
    const starts = rows.filter(({ isSigned }) => isSigned).map(({ index }) => index);
    const children = new Map(rows.map(({ index, neighbours }) => [index, splitList(neighbours).map(Number)]));
    const { visited, truncated } = traverse(starts, (from) => children.get(from) ?? [], { limit });
    return { nodes: await tracedNodes(visited), truncated };
  }

  private async read(sql: string, values: readonly unknown[]): Promise<readonly ListedKey[]> {
    const { query, log, keyStatus } = this.tools;
    const [rows, status] = await Promise.all([query<KeyRow>(sql, [log, ...values]), keyStatus()]);
    return rows.map((row) => keyOf(row, status));
  }
}

function keyOf(row: KeyRow, status: KeyStatus): ListedKey {
  const names = row.names.map(({ iss, kid, source }) => ({ iss, kid, source: source ?? undefined }));
  return {
    ...row,
    jwk: JSON.parse(row.jwk) as PublicJwk,
    names,
    revocation: status.ofKey(row.jkt, names),
  };
}
