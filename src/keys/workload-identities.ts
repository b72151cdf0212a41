import { hash } from 'node:crypto';
import { z } from 'zod';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import { type DecodedEct, decodeEct } from '../domain/ect/jws.js';
import { SIGNATURE_ALGORITHMS } from '../domain/ect/header.js';
import { LedgerError } from '../domain/errors.js';
import { type KeySet, findKey } from './key-set.js';
import { JwkSignatureVerifier } from './jwk-signature-verifier.js';
import { type PublicKey, kidSchema, toPublicKey } from './trusted-jwk.js';

/** Bytes of one token; its header has to fit into those of a request. */
const MAX_WIT_BYTES = 16_384;

/** Verified tokens that are remembered; the oldest gives way. */
const MAX_REMEMBERED = 10_000;

/** SPIFFE-ID §2: at most 2048 bytes, no empty or relative path segments. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;
const MAX_SPIFFE_ID_LENGTH = 2048;

const typSchema = z.string().regex(/^(?:application\/)?wit\+jwt$/i);
const headerSchema = z.looseObject({
  typ: typSchema,
  alg: z.enum(SIGNATURE_ALGORITHMS),
  kid: z.string().min(1),
  crit: z.undefined().optional(),
});

const dateSchema = z.number().nonnegative();
const claimsSchema = z.looseObject({
  sub: z.string().max(MAX_SPIFFE_ID_LENGTH).regex(SPIFFE_ID),
  exp: dateSchema,
  nbf: dateSchema.optional(),
  cnf: z.looseObject({ jwk: z.looseObject({ alg: z.string() }) }),
});

type Claims = z.infer<typeof claimsSchema>;

/** A token that was verified, and with which key of which domain. */
interface VerifiedWit {
  readonly claims: Claims;
  readonly key: PublicKey;
  readonly domain: KeySet;
  readonly authority: VerificationKey;
}

/**
 * Takes keys out of Workload Identity Tokens (draft-ietf-wimse-workload-creds §3.1, in the profile of SPIFFE's WIT-SVID) that an authority of
 * their trust domain signed. A verified one is remembered by its hash for as long as that authority's key is trusted.
 */
export class WorkloadIdentities {
  readonly #verified = new Map<string, VerifiedWit>();
  readonly #verifier = new JwkSignatureVerifier();

  /** @param domains the keys of each trust domain */
  constructor(private readonly domains: ReadonlyMap<string, KeySet>) {}

  /**
   * The key that a token vouches for, if its subject is `iss`. Whether the token holds at this time is for the caller to say (`validity`).
   *
   * @throws LedgerError `unknown-key` when nobody trusted vouches for it, `issuer-mismatch`, `invalid-header`, `store-unavailable`
   */
  resolve(iss: string, kid: string, wit: string): VerificationKey | Promise<VerificationKey> {
    const digest = hash('sha256', wit, 'base64url');
    const known = this.#verified.get(digest);
    const authority = known && findKey(known.domain, known.authority.kid);
    if (known !== undefined && !(authority instanceof Promise) && isStill(known.authority, authority))
      return keyOf(known, iss, kid);
    return this.#resolveLater(digest, wit, authority).then((verified) => keyOf(verified, iss, kid));
  }

  /** @param authority the key that may have verified it before, as it stands now */
  async #resolveLater(
    digest: string,
    wit: string,
    authority: VerificationKey | undefined | Promise<VerificationKey | undefined>,
  ): Promise<VerifiedWit> {
    const found = await authority;
    const known = this.#verified.get(digest);
    if (known !== undefined && isStill(known.authority, found)) return known;
    this.#verified.delete(digest);
    const verified = await this.#verify(wit);
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined && this.#verified.size >= MAX_REMEMBERED) this.#verified.delete(oldest);
    this.#verified.set(digest, verified);
    return verified;
  }

  async #verify(wit: string): Promise<VerifiedWit> {
    const decoded = decode(wit);
    const { alg, kid } = parse(headerSchema, decoded.header, 'header');
    const claims = parse(claimsSchema, decoded.payload, 'payload');
    const [, name = ''] = SPIFFE_ID.exec(claims.sub) ?? [];
    const domain = this.domains.get(name);
    if (domain === undefined) throw unusable('its trust domain is not trusted');
    const authority = await findKey(domain, kid);
    if (authority === undefined) throw unusable('its trust domain has no key of its "kid"');
    const isSigned = decoded.hasSignature && (await this.#verifier.verify(wit, authority, alg));
    if (!isSigned) throw unusable("the signature is not that of its trust domain's key");
    const key = await toPublicKey(claims.cnf.jwk);
    if ('problems' in key)
      throw unusable(`the key in it is not acceptable: ${key.problems.map(words).join('; ')}`);
    return { claims, key, domain, authority };
  }
}

function isStill(authority: VerificationKey, found: VerificationKey | undefined): boolean {
  return found?.jkt === authority.jkt;
}

function keyOf({ claims, key }: VerifiedWit, iss: string, kid: string): VerificationKey {
  if (claims.sub !== iss)
    throw new LedgerError(
      'issuer-mismatch',
      'the Workload Identity Token is not that of the issuer in "iss"',
    );
  const own = key.jwk['kid'];
  if (own !== undefined && own !== kid) throw unusable('the key in it has another "kid" than the token says');
  if (!kidSchema.safeParse(kid).success)
    throw new LedgerError('invalid-header', 'the header\'s "kid" is too long or has control characters');
  return {
    iss: claims.sub,
    kid,
    ...key,
    source: 'wit',
    validity: { notBefore: claims.nbf ?? 0, expires: claims.exp },
  };
}

function decode(wit: string): DecodedEct {
  try {
    return decodeEct(wit, MAX_WIT_BYTES);
  } catch (error) {
    throw error instanceof LedgerError ? unusable(error.message) : error;
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const members = parsed.error.issues.map(({ path }) => `"${path.join('.')}"`);
  throw unusable(`its ${name} lacks, or has wrong: ${[...new Set(members)].join(', ')}`);
}

function words([path, message]: readonly [path: readonly PropertyKey[], message: string]): string {
  return path.length === 0 ? message : `"${path.map(String).join('.')}" ${message}`;
}

function unusable(reason: string): LedgerError {
  return new LedgerError('unknown-key', `the Workload Identity Token vouches for no key: ${reason}`);
}
