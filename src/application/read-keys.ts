import { LedgerError } from '../domain/errors.js';
import { isLimited, type Visibility } from './caller.js';
import type { KeyHistory, KeysRequest, ListedKey, UsedKey } from './ports/key-history.js';
import type { Trace } from './ports/ledger-store.js';
import { pageOf, type Page } from './read-ledger.js';

/** Answers which keys verified what is recorded; that tells of all entries, so whose sight is limited hears nothing. */
export class ReadKeys {
  constructor(private readonly history: KeyHistory) {}

  /** @throws LedgerError `forbidden` */
  async list(request: KeysRequest, visibility: Visibility): Promise<Page<ListedKey>> {
    checkUnlimited(visibility);
    const found = await this.history.list({ ...request, limit: request.limit + 1 });
    return pageOf(found, request.limit, ({ position }) => position);
  }

  /** @throws LedgerError `forbidden`, `not-found` */
  async get(jkt: string, visibility: Visibility): Promise<UsedKey> {
    checkUnlimited(visibility);
    const key = await this.history.find(jkt);
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
    return { fromMs: from, trace: await this.history.impact(jkt, { fromMs: from, limit }) };
  }
}

export interface ImpactQuery {
  readonly jkt: string;
  /** Without it since the key's revocation, or since its first use when it is not revoked. */
  readonly fromMs?: number | undefined;
  readonly limit: number;
}

function checkUnlimited(visibility: Visibility): void {
  if (isLimited(visibility))
    throw new LedgerError('forbidden', 'the history of keys is for those who may read every entry');
}
