import { type KeyObject, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

/** Tokens made with node:crypto alone, so that they may be as wrong as a test wants. */
export interface RawToken {
  readonly header?: object;
  readonly payload?: object;
  readonly privateKey: KeyObject;
}

export const ISSUER = 'spiffe://example.com/agent/a';
export const KID = 'agent-a-key';
export const NOW_SECONDS = 1_772_064_200;

export function base64url(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64url');
}

export function validHeader(): Record<string, unknown> {
  return { alg: 'ES256', typ: 'wimse-exec+jwt', kid: KID };
}

/** The smallest payload that is right in profile wimse-exec. */
export function validPayload(): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: ['spiffe://example.com/system/ledger'],
    iat: NOW_SECONDS - 5,
    exp: NOW_SECONDS + 595,
    jti: randomUUID(),
    exec_act: 'review_spec',
    par: [],
  };
}

/** Signs with ES256, whatever the header says. */
export function signRaw({ header = validHeader(), payload = validPayload(), privateKey }: RawToken): string {
  return signParts(base64url(JSON.stringify(header)), base64url(JSON.stringify(payload)), privateKey);
}

export function signParts(header: string, payload: string, privateKey: KeyObject): string {
  const input = `${header}.${payload}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

export function generateP256(): { readonly privateKey: KeyObject; readonly jwk: Record<string, unknown> } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: KID } };
}
