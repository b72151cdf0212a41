import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import type { KeySource, PublicJwk } from '../domain/entry.js';
import { isJsonObject } from '../domain/strict-json.js';
import { isPlainText } from '../domain/text.js';
import { importPublicKey } from './jwk-signature-verifier.js';
import { algorithmOf } from './signature-algorithms.js';

/** Longest `kid` in code points; ours, so that it fits a database index. */
const MAX_KID_LENGTH = 256;

/** Members that only private or symmetric keys have (RFC 7518 §6.2.2, §6.3.2, §6.4, RFC 8037 §2). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

export const kidSchema = z
  .string()
  .refine(
    (kid) => isPlainText(kid, MAX_KID_LENGTH),
    `must have 1 to ${MAX_KID_LENGTH} characters, none of them a control character`,
  );

/** RFC 7517 §4: members that nobody knows are ignored. */
const memberSchema = z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP'], 'must be EC, RSA or OKP') });
const jwkSchema = memberSchema.extend({ kid: kidSchema.optional() }).superRefine(refuseSecrets);
const namedJwkSchema = memberSchema.extend({ kid: kidSchema }).superRefine(refuseSecrets);

function refuseSecrets(jwk: object, context: z.RefinementCtx): void {
  for (const name of SECRET_MEMBERS.filter((secret) => Object.hasOwn(jwk, secret))) {
    context.addIssue({ code: 'custom', path: [name], message: 'is secret: only public keys belong here' });
  }
}

/** Whether something of a JWK Set is more than the public half of a key. */
export function isSecretJwk(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return value['kty'] === 'oct' || SECRET_MEMBERS.some((name) => Object.hasOwn(value, name));
}

const UNSUPPORTED =
  'serves no supported algorithm: look at kty, crv, alg, use, key_ops; RSA needs at least 2048 bits';

export type TrustProblem = readonly [path: readonly PropertyKey[], message: string];

/**
 * Makes a key of what stands in a JWK Set under `iss`. Refused are secret keys, keys of no supported algorithm and numbers that are no key.
 *
 * @returns the key, or what is wrong with it; messages never repeat values
 */
export async function toVerificationKey(
  iss: string,
  value: unknown,
  source: KeySource,
): Promise<{ readonly key: VerificationKey } | { readonly problems: readonly TrustProblem[] }> {
  const parsed = namedJwkSchema.safeParse(value);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const made = await toPublicKey(parsed.data);
  return 'problems' in made ? made : { key: { iss, kid: parsed.data.kid, ...made, source } };
}

/** Makes a key of a JWK that may have no name, with the same rules. */
export async function toPublicKey(
  value: unknown,
): Promise<PublicKey | { readonly problems: readonly TrustProblem[] }> {
  const parsed = jwkSchema.safeParse(value);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const jwk: PublicJwk = Object.freeze(parsed.data);
  const alg = algorithmOf(jwk, 'verify');
  if (alg === undefined) return { problems: [[[], UNSUPPORTED]] };
  try {
    await importPublicKey(jwk, alg);
    return { jkt: await calculateJwkThumbprint({ ...jwk }), jwk };
  } catch {
    return { problems: [[[], 'is not a valid public key']] };
  }
}

export type PublicKey = Pick<VerificationKey, 'jkt' | 'jwk'>;

function problemsOf(error: z.ZodError): readonly TrustProblem[] {
  return error.issues.map((issue) => [issue.path, issue.message]);
}
