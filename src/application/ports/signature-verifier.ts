import type { VerificationKey } from './key-resolver.js';

/** Checks one JWS signature (RFC 7515 §5.2) off the event loop. Safe to call concurrently. */
export abstract class SignatureVerifier {
  /**
   * Whether `key` can be used with `alg` at all: key type, curve, `alg`, `use` and `key_ops` of the JWK (ECT §7 step 6).
   * Decided without touching the signature.
   */
  abstract fits(key: VerificationKey, alg: string): boolean;

  /** @returns whether the compact JWS is signed by `key` with `alg`; never throws for a bad signature */
  abstract verify(compactJws: string, key: VerificationKey, alg: string): Promise<boolean>;
}
