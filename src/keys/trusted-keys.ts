import { KeyResolver, type VerificationKey } from '../application/ports/key-resolver.js';

/** A fixed set of keys, each serving the issuer it stands under and no other. */
export class TrustedKeys extends KeyResolver {
  readonly #keysOf: ReadonlyMap<string, ReadonlyMap<string, VerificationKey>>;

  /** @param keysOf the keys by `kid`, by issuer */
  constructor(keysOf: ReadonlyMap<string, ReadonlyMap<string, VerificationKey>> = new Map()) {
    super();
    this.#keysOf = keysOf;
  }

  override resolve(iss: string, kid: string): Promise<VerificationKey | undefined> {
    return Promise.resolve(this.#keysOf.get(iss)?.get(kid));
  }

  describe(): { readonly issuers: number; readonly keys: number } {
    const keys = [...this.#keysOf.values()].reduce((sum, ofIssuer) => sum + ofIssuer.size, 0);
    return { issuers: this.#keysOf.size, keys };
  }
}
