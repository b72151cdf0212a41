import { TrustStore, type RevocationRequest } from '../../application/ports/trust-store.js';
import type { RevocationList, StoredRevocation } from '../../application/revocation-list.js';
import { equalBytes } from '../../domain/log/bytes.js';
import { leavesOfChange, trustConfiguration } from '../../domain/trust-configuration.js';

/** What the store in memory does for its trust. */
export interface TrustedLog {
  /** The time that the next entry would get. */
  nextRecordingMs(): number;
  hasEntries(): boolean;
  /** Appends leaves to the log. @returns the index of the last */
  appendLeaves(leaves: readonly Uint8Array[]): Promise<number>;
}

/** Keeps what is trusted in this process only. */
export class MemoryTrustStore extends TrustStore {
  /** In the order of their leaves; the first gets its own with the second. */
  private readonly configurations: Uint8Array[] = [];
  private readonly byIndex = new Map<number, Uint8Array>();

  constructor(
    private readonly revocations: RevocationList,
    private readonly log: TrustedLog,
  ) {
    super();
  }

  override revoke({
    jkt,
    atMs = this.log.nextRecordingMs(),
    reason,
  }: RevocationRequest): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    const known = this.revocations.storedOf(jkt);
    if (known && known.atMs <= atMs) return Promise.resolve({ revocation: known, isNew: false });
    const revocation = { jkt, atMs, reason };
    this.revocations.addStored(this.revocations.storedCount, [revocation]);
    return Promise.resolve({ revocation, isNew: true });
  }

  override async recordTrust(files: Uint8Array): Promise<void> {
    const configuration = trustConfiguration(files, this.revocations.storedOnes);
    const before = this.configurations.at(-1);
    if (before && equalBytes(before, configuration)) return;
    // Nothing was recorded under the one before, so that no leaf is owed for it.
    if (this.byIndex.size === 0 && !this.log.hasEntries()) {
      this.configurations.splice(0, 1, configuration);
      return;
    }
    if (before) {
      const hasLeaf = this.configurations.length > 1;
      const index = await this.log.appendLeaves(
        leavesOfChange({ configuration: before, hasLeaf }, configuration),
      );
      if (!hasLeaf) this.byIndex.set(index - 1, before);
      this.byIndex.set(index, configuration);
    }
    this.configurations.push(configuration);
  }

  override configurationAt(index: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.byIndex.get(index));
  }
}
