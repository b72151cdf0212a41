import { decodeBase64 } from '../../../src/domain/log/base64.js';
import { decodeUtf8 } from '../../../src/domain/log/bytes.js';

export type JsonMembers = Readonly<Record<string, unknown>>;

export interface DecodedToken {
  readonly header: JsonMembers;
  readonly payload: JsonMembers;
}

/** Header and payload of a compact JWS, nothing of which is believed yet; `undefined` when it is none. */
export function decodeToken(ect: string): DecodedToken | undefined {
  const [header = '', payload = ''] = ect.split('.');
  const decoded = { header: decodePart(header), payload: decodePart(payload) };
  return decoded.header && decoded.payload ? { header: decoded.header, payload: decoded.payload } : undefined;
}

function decodePart(part: string): JsonMembers | undefined {
  const padded = part.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (part.length % 4)) % 4);
  const bytes = decodeBase64(padded);
  const text = bytes && decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
