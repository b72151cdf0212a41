import type { PublicJwk } from '../../domain/entry.js';

/** Where a key was found. */
export type KeySource = 'trust-file' | 'jwks_uri' | 'wit';

/** A trusted public key and the only issuer it may speak for. */
export interface VerificationKey {
  readonly iss: string;
  readonly kid: string;
  /** RFC 7638 SHA-256 thumbprint, base64url. */
  readonly jkt: string;
  readonly jwk: PublicJwk;
  readonly source?: KeySource | undefined;
}

/**
 * Finds the key that an issuer signs with. Everything asked for comes from an unverified token: an implementation looks it up in what the
 * operator configured and never fetches what a token names. Absence is `undefined`; safe to call concurrently.
 *
 * @throws LedgerError `revoked-key` when the key was withdrawn
 */
export abstract class KeyResolver {
  abstract resolve(iss: string, kid: string): Promise<VerificationKey | undefined>;
}
