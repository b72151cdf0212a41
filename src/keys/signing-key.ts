import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import type { SignatureAlgorithm } from '../domain/ect/header.js';
import type { PublicJwk } from '../domain/entry.js';
import { parseStrictJson } from '../domain/strict-json.js';
import { algorithmOf } from './signature-algorithms.js';
import { kidSchema } from './trusted-jwk.js';

/** A private key ready for use. Its numbers can't be read from it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly privateKey: CryptoKey;
}

/** A private key in JWK form. A secret: keep it out of logs and of the trust file. */
export type PrivateJwk = PublicJwk & { readonly d: string };

const privateJwkSchema = z.looseObject({
  kty: z.enum(['EC', 'RSA', 'OKP']),
  kid: kidSchema,
  d: z.string().min(1),
});

/**
 * Makes a signing key of a private JWK; the algorithm is the key's `alg`, else the one its type and curve call for.
 *
 * @param jwk JSON text or the parsed object, with `kid`
 * @throws TypeError when it is no usable private key; the message repeats nothing of it
 */
export async function parseSigningKey(jwk: string | Readonly<Record<string, unknown>>): Promise<SigningKey> {
  const parsed = privateJwkSchema.safeParse(typeof jwk === 'string' ? parseJson(jwk) : jwk);
  if (!parsed.success) {
    const members = parsed.error.issues.map((issue) => issue.path.join('/') || 'the key');
    throw new TypeError(`not a private JWK with a kid: look at ${members.join(', ')}`);
  }
  const alg = algorithmOf(parsed.data, 'sign');
  if (alg === undefined) throw new TypeError('the private key serves no supported signature algorithm');
  return { kid: parsed.data.kid, alg, privateKey: await importPrivateKey(parsed.data, alg) };
}

/** Makes a new P-256 key pair for ES256, both halves as JWK with this `kid`. */
export async function generateSigningKey(
  kid: string,
): Promise<{ readonly privateJwk: PrivateJwk; readonly publicJwk: PublicJwk }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { kty, crv, x, y, d } = z
    .object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string(), d: z.string() })
    .parse(await exportJWK(privateKey));
  const publicJwk = { kty, crv, x, y, kid: kidSchema.parse(kid), alg: 'ES256', use: 'sig' };
  return { privateJwk: { ...publicJwk, d }, publicJwk };
}

function parseJson(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch {
    // The parser's message may repeat a part of the text, and the text is a secret.
    throw new TypeError('the private key is not acceptable JSON');
  }
}

async function importPrivateKey(jwk: PublicJwk, alg: string): Promise<CryptoKey> {
  try {
    const key = await importJWK({ ...jwk }, alg);
    if (!(key instanceof Uint8Array)) return key;
  } catch {
    // Falls through: a broken key and a symmetric one are told alike, without the cause, which may repeat secret members.
  }
  throw new TypeError('the private key is not valid');
}
