import { z } from 'zod';
import { isJsonObject } from '../domain/strict-json.js';
import { MAX_ISSUER_LENGTH, isAbsoluteUri } from '../domain/text.js';

/** Whose keys an item of a trust document is about, and the names of its members. */
export interface KeyOwnerKind {
  readonly name: 'iss' | 'trust_domain';
  /** Members that say where the keys are, one per item: the set itself, a file, an address. */
  readonly inline: string;
  readonly file: string;
  readonly uri: string;
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
  /** What of a set is a key of this owner, in the form of a key that verifies; the rest serves other purposes. */
  readonly pick: (jwk: unknown) => unknown;
}

const file = z.string().min(1).optional();
const anything = z.unknown().optional();

/** An agent, or whoever signs for it. */
export const ISSUER: KeyOwnerKind = {
  name: 'iss',
  inline: 'jwks',
  file: 'jwks_file',
  uri: 'jwks_uri',
  schema: z.strictObject({
    iss: z.string().max(MAX_ISSUER_LENGTH).refine(isAbsoluteUri, 'must be an absolute URI'),
    jwks: anything,
    jwks_file: file,
    jwks_uri: anything,
  }),
  pick: (jwk) => jwk,
};

/** SPIFFE Trust Domain §2.1. */
const TRUST_DOMAIN_NAME = /^[a-z0-9._-]{1,255}$/;

/** A SPIFFE trust domain, whose bundle holds keys for several purposes: `use` says which (WIT-SVID §6.2). */
export const TRUST_DOMAIN: KeyOwnerKind = {
  name: 'trust_domain',
  inline: 'bundle',
  file: 'bundle_file',
  uri: 'bundle_uri',
  schema: z.strictObject({
    trust_domain: z
      .string()
      .regex(TRUST_DOMAIN_NAME, 'must be the name alone, in lower case, such as example.com'),
    bundle: anything,
    bundle_file: file,
    bundle_uri: anything,
  }),
  pick: (jwk) => (isJsonObject(jwk) && jwk['use'] === 'wit-svid' ? withoutUse(jwk) : undefined),
};

function withoutUse({ use: _use, ...others }: Readonly<Record<string, unknown>>): object {
  return others;
}
