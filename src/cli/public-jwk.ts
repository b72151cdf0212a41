import { createHash, createPublicKey } from 'node:crypto';
import type { PublicJwk } from '../index.js';
import { Failure } from './failure.js';

/** Members that make up a public key, in the order of RFC 7638 §3.2 (they are hashed); RFC 7518 §6, RFC 8037 §2. */
const KEY_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** A public key with the name it is found by. */
export type NamedJwk = PublicJwk & { readonly kid: string };

/**
 * The public half of a JWK, and nothing else of it: only members known to be public are taken over.
 *
 * @throws Failure when it is no asymmetric key that Node understands, or has no `kid`
 */
export function publicHalf(jwk: Readonly<Record<string, unknown>>, from: string): NamedJwk {
  const { kty, kid, alg } = jwk;
  const names = typeof kty === 'string' ? KEY_MEMBERS[kty] : undefined;
  if (typeof kty !== 'string' || names === undefined) throw notAKey(from, 'kty must be EC, OKP or RSA');
  if (typeof kid !== 'string' || kid === '')
    throw notAKey(from, 'it has no kid, the name that tokens call it by');
  const numbers = Object.fromEntries(names.map((name) => [name, jwk[name]]));
  try {
    createPublicKey({ key: numbers, format: 'jwk' });
  } catch {
    throw notAKey(from, 'its numbers are those of no key');
  }
  return { kty, ...numbers, kid, ...(typeof alg === 'string' && { alg }), use: 'sig' };
}

/** RFC 7638 thumbprint, SHA-256 in base64url: the same key gives the same one, and entries show it as `jkt`. */
export function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const names = KEY_MEMBERS[String(jwk['kty'])] ?? [];
  const canonical = JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(canonical).digest('base64url');
}

function notAKey(from: string, reason: string): Failure {
  return new Failure(`${from} is no public key that can be trusted: ${reason}`);
}
