import { createHash } from 'node:crypto';
import type { PublicJwk } from '../../src/index.js';

/** RFC 7638 §3 for an elliptic curve key, made without the library that the product uses. */
export function jwkThumbprint({ kty, ...jwk }: PublicJwk): string {
  const { crv, x, y } = jwk;
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
