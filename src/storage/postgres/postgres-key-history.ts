import { isLimited, type Visibility } from '../../application/caller.js';
import {
  KeyHistory,
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
import { KEY, KEYS, KEYS_IN_SIGHT, KEYS_OF_ISSUER } from './key-sql.js';
import { splitList } from './node-row.js';
import type { Query } from './statement.js';
import { IMPACT } from './trace-sql.js';
import { sightParameters } from './visibility-sql.js';

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

  override list(
    { iss, limit, before = Number.MAX_SAFE_INTEGER }: KeysRequest,
    visibility: Visibility,
  ): Promise<readonly ListedKey[]> {
    if (isLimited(visibility))
      return this.read(KEYS_IN_SIGHT, [before, limit, iss ?? null, null, ...sightParameters(visibility)]);
    return iss === undefined
      ? this.read(KEYS, [before, limit])
      : this.read(KEYS_OF_ISSUER, [before, limit, iss]);
  }

  override async find(jkt: string, visibility: Visibility): Promise<UsedKey | undefined> {
    const asked = [Number.MAX_SAFE_INTEGER, 1, null, jkt];
    const [key] = isLimited(visibility)
      ? await this.read(KEYS_IN_SIGHT, [...asked, ...sightParameters(visibility)])
      : await this.read(KEY, [jkt]);
    return key;
  }

  override async impact(
    jkt: string,
    { fromMs, limit }: ImpactRequest,
    visibility: Visibility,
  ): Promise<Trace> {
    const { query, log, tracedNodes } = this.tools;
    const values = [log, jkt, limit + 1, fromMs, ...sightParameters(visibility)];
    const rows = await query<ImpactRow>(IMPACT, values);
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
