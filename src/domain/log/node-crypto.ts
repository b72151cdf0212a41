import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import { encodeBase64url } from './base64.js';
import type { LogCrypto } from './log-crypto.js';

/** Node's cryptography, synchronous. */
export const nodeCrypto = { sha256, verifyEd25519 } as const satisfies LogCrypto;

/** Hashing is nearly all that growing a tree does, and on Node 20 the way through hex takes half the time of a `buffer` result. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', bytes, 'hex'), 'hex');
}

/** Making a key object costs about as much as using it, and the log's own few keys are used for every batch. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = keyObjects.get(publicKey) ?? keyObjectOf(publicKey);
    keyObjects.set(publicKey, key);
    return verify(null, message, key, signature);
  } catch {
    // OpenSSL throws for a key that is none.
    return false;
  }
}

function keyObjectOf(publicKey: Uint8Array): KeyObject {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(publicKey) };
  return createPublicKey({ key: jwk, format: 'jwk' });
}
