import { LedgerError } from '../domain/errors.js';
import type { KeyHistory, KeysRequest, ListedKey, UsedKey } from './ports/key-history.js';
import { pageOf, type Page } from './read-ledger.js';

/** Answers which keys verified what is recorded. */
export class ReadKeys {
  constructor(private readonly history: KeyHistory) {}

  async list(request: KeysRequest): Promise<Page<ListedKey>> {
    const found = await this.history.list({ ...request, limit: request.limit + 1 });
    return pageOf(found, request.limit, ({ position }) => position);
  }

  /** @throws LedgerError `not-found` */
  async get(jkt: string): Promise<UsedKey> {
    const key = await this.history.find(jkt);
    if (!key) throw new LedgerError('not-found', `no entry was verified by the key ${jkt}`);
    return key;
  }
}
