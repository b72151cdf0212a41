import type { KeySource, PublicJwk } from '../../domain/entry.js';

/** A trusted public key and the only issuer it may speak for. */
export interface VerificationKey {
  readonly iss: string;
  readonly kid: string;
  /** RFC 7638 SHA-256 thumbprint, base64url. */
  readonly jkt: string;
  readonly jwk: PublicJwk;
  /** Why it is trusted; a resolver of your own need not say. */
  readonly source?: KeySource | undefined;
  /** When somebody else vouches for the key, for a limited time (NumericDate): it must hold when the token is recorded. */
  readonly validity?: { readonly notBefore: number; readonly expires: number } | undefined;
}

/**
 * Finds the key that an issuer signs with: a known one, or the one in a Workload Identity Token (WIT) that came along. Everything asked for comes from an unverified token: an implementation looks it up in what the
 * operator configured and never fetches what a token names. Absence is `undefined`; safe to call concurrently. An answer that is at hand is given at once,
 * a promise is one that takes time.
 *
 * @throws LedgerError `unknown-key`, `issuer-mismatch`, `invalid-header` when a WIT does not fit, `revoked-key` when the key was withdrawn, `store-unavailable` when the issuer's keys can't be fetched
 */
export abstract class KeyResolver {
  abstract resolve(
    iss: string,
    kid: string,
    wit?: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined>;
}
