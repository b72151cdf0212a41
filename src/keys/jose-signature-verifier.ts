import { type CryptoKey, compactVerify, errors, importJWK } from 'jose';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import { SignatureVerifier } from '../application/ports/signature-verifier.js';
import type { PublicJwk } from '../domain/entry.js';
import { keyServes } from './signature-algorithms.js';

/** Verifies with the Web Crypto API, which computes outside of the event loop. */
export class JoseSignatureVerifier extends SignatureVerifier {
  /** Imported keys live as long as the keys they were made of. */
  readonly #imported = new WeakMap<PublicJwk, Promise<CryptoKey>>();

  override fits(key: VerificationKey, alg: string): boolean {
    return keyServes(key.jwk, alg, 'verify');
  }

  override async verify(compactJws: string, key: VerificationKey, alg: string): Promise<boolean> {
    if (!this.fits(key, alg)) return false;
    const cryptoKey = await this.#import(key.jwk, alg);
    try {
      await compactVerify(compactJws, cryptoKey, { algorithms: [alg] });
      return true;
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }

  /** `Ed25519` and `EdDSA` import alike and no other key fits two algorithms, so that one import per key is enough. */
  #import(jwk: PublicJwk, alg: string): Promise<CryptoKey> {
    const known = this.#imported.get(jwk);
    if (known !== undefined) return known;
    const imported = importPublicKey(jwk, alg);
    this.#imported.set(jwk, imported);
    return imported;
  }
}

/** @throws Error when the key's numbers are not those of a key, such as a point that is not on the curve */
export async function importPublicKey(jwk: PublicJwk, alg: string): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk }, alg);
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key is no public key');
  return key;
}
