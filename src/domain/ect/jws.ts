import { decodeBase64url } from '../base64url.js';
import type { JsonObject } from '../entry.js';
import { LedgerError } from '../errors.js';
import { isJsonObject, parseStrictJson } from '../strict-json.js';

/** ignoreBOM keeps a byte order mark in the text, where JSON does not allow it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A compact JWS taken apart. Nothing in it is believed yet: every member is the sender's word. */
export interface DecodedEct {
  /** The compact JWS, byte for byte as received. */
  readonly compact: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** Whether a signature is there at all; nothing says yet that it is right. */
  readonly hasSignature: boolean;
}

/**
 * Takes a compact JWS (RFC 7515 §7.1) apart, strictly: ECT §7 checks 1 and 2.
 *
 * @param maxBytes limit of the whole token in bytes
 * @throws LedgerError `token-too-large`, `malformed-token`
 */
export function decodeEct(compact: string, maxBytes: number): DecodedEct {
  if (Buffer.byteLength(compact) > maxBytes) {
    throw new LedgerError('token-too-large', `the token is larger than ${maxBytes} bytes`);
  }
  const [header, payload, signature, ...more] = compact.split('.', 4);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw new LedgerError('malformed-token', 'a compact JWS has three parts, separated by dots');
  }
  return {
    compact,
    header: decodeObject(header, 'header'),
    payload: decodeObject(payload, 'payload'),
    hasSignature: decodePart(signature, 'signature').length > 0,
  };
}

function decodeObject(part: string, name: string): JsonObject {
  const value = parseJson(decodeText(decodePart(part, name), name), name);
  if (!isJsonObject(value)) throw new LedgerError('malformed-token', `the ${name} is not a JSON object`);
  return value;
}

function decodePart(part: string, name: string): Buffer {
  const bytes = decodeBase64url(part);
  if (bytes === undefined)
    throw new LedgerError('malformed-token', `the ${name} is not base64url without padding`);
  return bytes;
}

function decodeText(bytes: Buffer, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new LedgerError('malformed-token', `the ${name} is not UTF-8`, {}, { cause });
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'not JSON';
    throw new LedgerError('malformed-token', `the ${name} is not acceptable JSON: ${reason}`, {}, { cause });
  }
}
