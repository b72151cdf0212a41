import { LedgerError } from '../domain/errors.js';
import type { Visibility } from './caller.js';
import type { KeyHistory, KeysRequest, ListedKey, UsedKey } from './ports/key-history.js';
import type { Trace } from './ports/ledger-store.js';
import { pageOf, type Page } from './read-ledger.js';

/** Answers which keys verified what is recorded, as far as the caller may see it. */
export class ReadKeys {
  constructor(private readonly history: KeyHistory) {}

  async list(request: KeysRequest, visibility: Visibility): Promise<Page<ListedKey>> {
    const found = await this.history.list({ ...request, limit: request.limit + 1 }, visibility);
    return pageOf(found, request.limit, ({ position }) => position);
  }

  /** @throws LedgerError `not-found` */
  async get(jkt: string, visibility: Visibility): Promise<UsedKey> {
    const key = await this.history.find(jkt, visibility);
    if (!key) throw new LedgerError('not-found', `no entry was verified by the key ${jkt}`);
    return key;
  }

  /** What rests on a key: the tasks it signed since a time, and all that came of them. @throws as `get` */
  async impact(
    { jkt, fromMs, limit }: ImpactQuery,
    visibility: Visibility,
  ): Promise<{ readonly fromMs: number; readonly trace: Trace }> {
    const { revocation, firstUsedAtMs } = await this.get(jkt, visibility);
    const from = fromMs ?? revocation?.atMs ?? firstUsedAtMs;
    return { fromMs: from, trace: await this.history.impact(jkt, { fromMs: from, limit }, visibility) };
  }
}

export interface ImpactQuery {
  readonly jkt: string;
  /** Without it since the key's revocation, or since its first use when it is not revoked. */
  readonly fromMs?: number | undefined;
  readonly limit: number;
}
