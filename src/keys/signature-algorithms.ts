import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../domain/ect/header.js';
import type { PublicJwk } from '../domain/entry.js';

/** Shortest RSA modulus in bits (RFC 7518 §3.5). */
const MIN_RSA_BITS = 2048;

interface KeyShape {
  readonly kty: string;
  readonly crv?: string;
}

/** The kind of key that each algorithm needs (RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2). */
const KEY_SHAPES: Readonly<Record<SignatureAlgorithm, KeyShape>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  PS256: { kty: 'RSA' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
};

/** Whether a JWK may be used to sign or verify (`operation`) with `alg`: key type, curve, size, `alg`, `use`, `key_ops` (RFC 7517 §4). */
export function keyServes(jwk: PublicJwk, alg: string, operation: 'sign' | 'verify'): boolean {
  const known = SIGNATURE_ALGORITHMS.find((one) => one === alg);
  if (known === undefined) return false;
  const shape = KEY_SHAPES[known];
  return (
    jwk.kty === shape.kty &&
    jwk['crv'] === shape.crv &&
    (jwk.kty !== 'RSA' || modulusBits(jwk['n']) >= MIN_RSA_BITS) &&
    (jwk['alg'] === undefined || jwk['alg'] === alg) &&
    (jwk['use'] === undefined || jwk['use'] === 'sig') &&
    (jwk['key_ops'] === undefined || includes(jwk['key_ops'], operation))
  );
}

/** The first algorithm of ECT §4 that a JWK can serve. */
export function algorithmOf(jwk: PublicJwk, operation: 'sign' | 'verify'): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.find((alg) => keyServes(jwk, alg, operation));
}

function includes(list: unknown, wanted: string): boolean {
  return Array.isArray(list) && list.includes(wanted);
}

/** Length of a big-endian number in base64url, without leading zero bits. */
function modulusBits(n: unknown): number {
  if (typeof n !== 'string') return 0;
  const bytes = Buffer.from(n, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}
