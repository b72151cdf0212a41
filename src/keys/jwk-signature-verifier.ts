import { constants, KeyObject, verify, type VerifyKeyObjectInput } from 'node:crypto';
import { importJWK } from 'jose';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import { SignatureVerifier } from '../application/ports/signature-verifier.js';
import { decodeBase64url } from '../domain/base64url.js';
import type { SignatureAlgorithm } from '../domain/ect/header.js';
import type { PublicJwk } from '../domain/entry.js';
import { keyServes } from './signature-algorithms.js';
import type { Procedure, SignatureThread } from './signature-thread.js';

/** How OpenSSL has to check what JOSE calls by one name (RFC 7518 §3.4, §3.5; RFC 8037 §3.1). */
interface Method {
  readonly hash: string | null;
  readonly options: Omit<VerifyKeyObjectInput, 'key'>;
  /** Length of a signature in bytes, where the algorithm alone fixes it. */
  readonly signatureBytes?: number;
}

const ED25519: Method = { hash: null, options: {}, signatureBytes: 64 };
const METHODS: Readonly<Record<SignatureAlgorithm, Method>> = {
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' }, signatureBytes: 64 },
  ES384: { hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' }, signatureBytes: 96 },
  ES512: { hash: 'sha512', options: { dsaEncoding: 'ieee-p1363' }, signatureBytes: 132 },
  PS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  Ed25519: ED25519,
  EdDSA: ED25519,
};

/** After so long without a verification the next one is most likely alone. */
const IDLE_MS = 2;

/**
 * Verifies outside of the event loop, but for one that comes alone: to wake a thread takes longer than a check. Keys are imported by jose; the
 * check itself goes straight to OpenSSL, which takes a quarter off what the way through Web Crypto costs.
 */
export class JwkSignatureVerifier extends SignatureVerifier {
  #lastAtMs = -Infinity;
  /** Imported keys live as long as the keys they were made of. */
  readonly #imported = new WeakMap<PublicJwk, Promise<Procedure>>();

  /** @param thread checks instead of Node's thread pool, which has more threads and takes the event loop's time to wake them */
  constructor(private readonly thread?: SignatureThread) {
    super();
  }

  override fits(key: VerificationKey, alg: string): boolean {
    return keyServes(key.jwk, alg, 'verify');
  }

  override async verify(compactJws: string, key: VerificationKey, alg: string): Promise<boolean> {
    if (!this.fits(key, alg)) return false;
    const method = METHODS[alg as SignatureAlgorithm];
    const end = compactJws.lastIndexOf('.');
    const signature = decodeBase64url(compactJws.slice(end + 1));
    const length = method.signatureBytes ?? signature?.length;
    if (signature === undefined || signature.length === 0 || signature.length !== length) return false;
    const procedure = await this.#import(key.jwk, alg, method);
    const isAlone = performance.now() - this.#lastAtMs > IDLE_MS;
    this.#lastAtMs = performance.now();
    if (this.thread && !isAlone) return this.thread.check(compactJws, procedure);
    const signed = Buffer.from(compactJws.slice(0, end));
    return isAlone
      ? verify(procedure.hash, signed, procedure.key, signature)
      : verifyInPool(signed, procedure, signature);
  }

  /** `Ed25519` and `EdDSA` import alike and no other key fits two algorithms, so that one import per key is enough. */
  #import(jwk: PublicJwk, alg: string, { hash, options }: Method): Promise<Procedure> {
    const known = this.#imported.get(jwk);
    if (known !== undefined) return known;
    const imported = importPublicKey(jwk, alg).then((key) => ({ hash, key: { ...options, key } }));
    this.#imported.set(jwk, imported);
    return imported;
  }
}

/** @throws Error when the key's numbers are not those of a key, such as a point that is not on the curve */
export async function importPublicKey(jwk: PublicJwk, alg: string): Promise<KeyObject> {
  const key = await importJWK({ ...jwk }, alg);
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key is no public key');
  return KeyObject.from(key);
}

function verifyInPool(signed: Buffer, { hash, key }: Procedure, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(hash, signed, key, signature, (error, isRight) => {
      if (error) reject(error);
      else resolve(isRight);
    });
  });
}
