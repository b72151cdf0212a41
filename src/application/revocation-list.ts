import { NOTHING_REVOKED, Revocations, type Revocation } from '../domain/revocation.js';

/** A revocation of a key by its thumbprint, as it is stored. */
export interface StoredRevocation {
  readonly jkt: string;
  readonly atMs: number;
  readonly reason: string;
}

/** What is revoked, as far as this instance knows: by its trust configuration and in the storage. */
export class RevocationList {
  private configured: readonly Revocation[] = [];
  private stored: readonly StoredRevocation[] = [];
  private now = NOTHING_REVOKED;

  get current(): Revocations {
    return this.now;
  }

  /** How many of the stored ones are known. */
  get storedCount(): number {
    return this.stored.length;
  }

  /** In the order in which they were stored. */
  get storedOnes(): readonly StoredRevocation[] {
    return this.stored;
  }

  /** The one that holds of those stored for a key. */
  storedOf(jkt: string): StoredRevocation | undefined {
    const ofKey = this.stored.filter((one) => one.jkt === jkt);
    return ofKey.sort((a, b) => a.atMs - b.atMs)[0];
  }

  /** What the trust configuration says from now on. */
  configure(revocations: readonly Revocation[]): void {
    this.configured = revocations;
    this.update();
  }

  /** @param revocations those that follow the first `after`; what is known already may be among them */
  addStored(after: number, revocations: readonly StoredRevocation[]): void {
    const unknown = revocations.slice(this.stored.length - after);
    if (unknown.length === 0) return;
    this.stored = [...this.stored, ...unknown];
    this.update();
  }

  private update(): void {
    const stored = this.stored.map(({ jkt, atMs, reason }) => ({ key: { jkt }, atMs, reason }));
    this.now = new Revocations([...this.configured, ...stored]);
  }
}
