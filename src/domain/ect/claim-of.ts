import { isJsonObject } from '../strict-json.js';

/** What the payload of a compact JWS says, unverified: good for sorting tokens, nothing else. `undefined` for what is no token. */
export function claimOf(compact: string, name: string): unknown {
  try {
    const [, payload = ''] = compact.split('.', 2);
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isJsonObject(claims) ? claims[name] : undefined;
  } catch {
    return undefined;
  }
}
