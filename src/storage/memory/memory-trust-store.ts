import { TrustStore, type RevocationRequest } from '../../application/ports/trust-store.js';
import type { RevocationList, StoredRevocation } from '../../application/revocation-list.js';

/** Keeps what is trusted in this process only. */
export class MemoryTrustStore extends TrustStore {
  /** @param nextRecordingMs the time that the next entry would get */
  constructor(
    private readonly revocations: RevocationList,
    private readonly nextRecordingMs: () => number,
  ) {
    super();
  }

  override revoke({
    jkt,
    atMs = this.nextRecordingMs(),
    reason,
  }: RevocationRequest): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    const known = this.revocations.storedOf(jkt);
    if (known && known.atMs <= atMs) return Promise.resolve({ revocation: known, isNew: false });
    const revocation = { jkt, atMs, reason };
    this.revocations.addStored(this.revocations.storedCount, [revocation]);
    return Promise.resolve({ revocation, isNew: true });
  }
}
