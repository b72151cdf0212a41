import { calculateJwkThumbprint } from 'jose';
import type { PublicJwk } from '../domain/entry.js';

/** RFC 7638 with SHA-256, base64url. @throws Error when a member that counts is missing */
export async function thumbprintOf(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint({ ...jwk });
}
