import { LedgerError } from './errors.js';

/** A key and the name it serves under. */
export interface KeyIdentity {
  /** RFC 7638 SHA-256 thumbprint, base64url. */
  readonly jkt: string;
  readonly iss: string;
  readonly kid: string;
}

/** From `atMs` on nothing more is recorded with the key; what was recorded before stays. */
export interface Revocation {
  /** By thumbprint under every name, or whatever key an issuer has under a `kid`. */
  readonly key: { readonly jkt: string } | { readonly iss: string; readonly kid: string };
  /** Milliseconds since the epoch; may lie in the future. */
  readonly atMs: number;
  /** For a person. */
  readonly reason: string;
}

/** Longest reason in code points; ours. */
export const MAX_REASON_LENGTH = 500;

/** Revocations by key. Of several for one key the earliest holds. */
export class Revocations {
  private readonly byJkt = new Map<string, Revocation>();
  private readonly byName = new Map<string, Revocation>();

  constructor(revocations: readonly Revocation[]) {
    for (const revocation of revocations) {
      const { key } = revocation;
      if ('jkt' in key) keepEarlier(this.byJkt, key.jkt, revocation);
      else keepEarlier(this.byName, nameOf(key), revocation);
    }
  }

  get size(): number {
    return this.byJkt.size + this.byName.size;
  }

  /** The keys that are revoked at this time. */
  inForce(nowMs: number): readonly Revocation['key'][] {
    const all = [...this.byJkt.values(), ...this.byName.values()];
    return all.filter(({ atMs }) => atMs <= nowMs).map(({ key }) => key);
  }

  /** What revokes a key, now or later. */
  of(key: KeyIdentity): Revocation | undefined {
    if (this.size === 0) return undefined;
    const [byJkt, byName] = [this.byJkt.get(key.jkt), this.byName.get(nameOf(key))];
    if (!byJkt || !byName) return byJkt ?? byName;
    return byName.atMs < byJkt.atMs ? byName : byJkt;
  }

  /** @throws LedgerError `revoked-key` when the key is revoked at this time (ECT §7 step 6) */
  check(key: KeyIdentity, nowMs: number): void {
    const revocation = this.of(key);
    if (revocation === undefined || nowMs < revocation.atMs) return;
    const since = new Date(revocation.atMs).toISOString();
    throw new LedgerError('revoked-key', `the key "${key.kid}" of ${key.iss} was revoked as of ${since}`);
  }
}

export const NOTHING_REVOKED = new Revocations([]);

function keepEarlier(revocations: Map<string, Revocation>, key: string, revocation: Revocation): void {
  const known = revocations.get(key);
  if (!known || revocation.atMs < known.atMs) revocations.set(key, revocation);
}

/** Issuers are URIs, which have no space. */
function nameOf({ iss, kid }: { readonly iss: string; readonly kid: string }): string {
  return `${iss} ${kid}`;
}
