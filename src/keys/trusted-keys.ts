import { KeyResolver, type VerificationKey } from '../application/ports/key-resolver.js';
import type { Revocation } from '../domain/revocation.js';
import { type KeyMap, type KeySet, findKey } from './key-set.js';
import { RemoteJwks } from './remote-jwks.js';
import { WorkloadIdentities } from './workload-identities.js';
import type { TrustSummary } from './trust-summary.js';

/** Whom a trust document names: each key serves the issuer it stands under and no other. */
export class TrustedKeys extends KeyResolver {
  readonly #identities: WorkloadIdentities;

  /**
   * @param issuers the keys of each issuer
   * @param domains the keys of each trust domain, with which Workload Identity Tokens are verified
   */
  constructor(
    private readonly issuers: ReadonlyMap<string, KeySet> = new Map(),
    private readonly domains: ReadonlyMap<string, KeySet> = new Map(),
    readonly revocations: readonly Revocation[] = [],
  ) {
    super();
    this.#identities = new WorkloadIdentities(domains);
  }

  override resolve(
    iss: string,
    kid: string,
    wit?: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    if (wit !== undefined) return this.#identities.resolve(iss, kid, wit);
    const set = this.issuers.get(iss);
    return set && findKey(set, kid);
  }

  describe(): TrustSummary {
    const sizes = this.#sets().map((set) => (set instanceof RemoteJwks ? set.current : set)?.size ?? 0);
    return {
      issuers: this.issuers.size,
      trustDomains: this.domains.size,
      keys: sizes.reduce((sum, size) => sum + size, 0),
      remote: this.#remote().map(({ state }) => state),
    };
  }

  /** Fetches the sets that were not fetched yet, so that the first token need not wait. */
  async warmUp(): Promise<void> {
    await Promise.all(
      this.#remote()
        .filter((set) => set.current === undefined)
        .map((set) => set.refresh()),
    );
  }

  #remote(): readonly RemoteJwks<KeyMap>[] {
    return this.#sets().filter((set) => set instanceof RemoteJwks);
  }

  #sets(): readonly KeySet[] {
    return [...this.issuers.values(), ...this.domains.values()];
  }
}
