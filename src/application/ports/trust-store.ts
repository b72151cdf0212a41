import type { StoredRevocation } from '../revocation-list.js';

/** What an administrator revokes; without `atMs` from the next recording on. */
export interface RevocationRequest {
  readonly jkt: string;
  readonly atMs?: number | undefined;
  readonly reason: string;
}

/**
 * Where it is kept what the ledger trusts: append-only. Methods throw `LedgerError` `store-unavailable` when the storage can't be reached.
 * `revoke` and `recordTrust` are called between two appends of the instance, never beside one.
 */
export abstract class TrustStore {
  /**
   * Stores a revocation. When this returns, every later append of every instance sees it.
   *
   * @returns what holds now; `isNew: false` when the key was revoked as early before, and nothing was stored
   */
  abstract revoke(
    request: RevocationRequest,
  ): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }>;

  /**
   * Sees to it that the log says what is trusted now: these files and the stored revocations (`domain/trust-configuration.ts`). What was in force
   * at the first entry of a log is only stored; when another one comes, both get their leaves, and from then on each change its own. What is
   * in force already writes nothing, so that of several instances that see one change one writes.
   *
   * @throws LedgerError `store-unavailable` also when the log may not be signed
   */
  abstract recordTrust(files: Uint8Array): Promise<void>;

  /** The configuration behind a trust leaf. */
  abstract configurationAt(index: number): Promise<Uint8Array | undefined>;
}
