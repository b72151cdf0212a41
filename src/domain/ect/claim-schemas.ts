import { z } from 'zod';
import { decodeBase64url } from '../base64url.js';
import type { JsonObject } from '../entry.js';
import { isJsonObject } from '../strict-json.js';
import { MAX_ISSUER_LENGTH, isAbsoluteUri, isPlainText } from '../text.js';

/** ECT §4: `exec_act` in code points. */
const MAX_ACTION_LENGTH = 256;

/** ECT §4: the extension object in UTF-8 bytes as serialised without white space, and its levels, itself the first. */
const MAX_EXTENSION_BYTES = 4096;
const MAX_EXTENSION_DEPTH = 5;

/** Digest lengths in bytes of the hash algorithms of ECT §4 (FIPS 180-4). */
const DIGEST_BYTES: ReadonlyMap<string, number> = new Map([
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]);

/** Any UUID of RFC 9562 §4 in its text form, every version, nil and max included. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const uuid = z
  .string()
  .regex(UUID, 'must be a UUID')
  .transform((text) => text.toLowerCase());

export const uri = z.string().refine(isAbsoluteUri, 'must be an absolute URI');

export const issuer = uri.max(MAX_ISSUER_LENGTH);

/** NumericDate, whole seconds since the epoch. */
export const timestamp = z.int().min(0);

export const action = z
  .string()
  .refine(
    (text) => isPlainText(text, MAX_ACTION_LENGTH),
    `must have 1 to ${MAX_ACTION_LENGTH} characters, none of them a control character or half of a surrogate pair`,
  );

export const plainHash = z
  .string()
  .refine((text) => isDigest(text, 'sha-256'), 'must be a SHA-256 digest in base64url without padding');

export const prefixedHash = z
  .string()
  .refine(
    (text) => isPrefixedDigest(text),
    'must be a digest in base64url without padding, after sha-256:, sha-384:, sha-512: or nothing for SHA-256',
  );

export const extension = z
  .custom<JsonObject>(isJsonObject, 'must be an object')
  .refine((value) => !isDeeperThan(value, MAX_EXTENSION_DEPTH), {
    error: `must not nest deeper than ${MAX_EXTENSION_DEPTH} levels`,
    abort: true,
  })
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_EXTENSION_BYTES,
    `must not be larger than ${MAX_EXTENSION_BYTES} bytes`,
  );

function isPrefixedDigest(text: string): boolean {
  const colon = text.indexOf(':');
  return colon < 0 ? isDigest(text, 'sha-256') : isDigest(text.slice(colon + 1), text.slice(0, colon));
}

function isDigest(text: string, algorithm: string): boolean {
  const bytes = DIGEST_BYTES.get(algorithm);
  return bytes !== undefined && decodeBase64url(text)?.length === bytes;
}

/** Level by level instead of recursively: the depth is the sender's choice. */
function isDeeperThan(value: object, maxDepth: number): boolean {
  let level: readonly object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
