import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isPlainText } from './text.js';

/** What a caller may do (RFC 6749 §3.3); none of them includes another. */
export const SCOPES = ['ledger:record', 'ledger:read', 'ledger:admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Entropy of a token's secret in bytes. */
const SECRET_BYTES = 32;
/** Tells tokens of one file apart; no secret. */
const ID_BYTES = 6;

/** `ectl_<id>_<secret>`: the beginning is recognisable wherever a token turns up. */
const TOKEN = /^ectl_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

const MAX_NAME_LENGTH = 100;

/** A UUID as limits name workflows. */
export const workflowName = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID')
  .transform((text) => text.toLowerCase());

/** A SPIFFE trust domain, or the host of https issuers with its port if they name one. */
export const trustDomainName = z
  .string()
  .regex(/^[a-z0-9._-]{1,255}(:\d{1,5})?$/, 'must be a trust domain such as example.com');

const limitsSchema = z.strictObject({
  workflows: z.array(workflowName).optional(),
  trust_domains: z.array(trustDomainName).optional(),
});

/** One bearer token as the token file keeps it: everything but the token. */
export const tokenRecordSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/, 'must be 12 hex digits'),
  name: z
    .string()
    .refine((name) => isPlainText(name, MAX_NAME_LENGTH), 'must be 1 to 100 printable characters'),
  /** Of the whole token text, base64url. */
  sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 in base64url'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  created_at: z.iso.datetime({ offset: true }),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  limits: limitsSchema.optional(),
});

export type TokenRecord = z.infer<typeof tokenRecordSchema>;

export const tokenFileSchema = z
  .strictObject({ tokens: z.array(tokenRecordSchema) })
  .superRefine(({ tokens }, context) => {
    for (const member of ['id', 'name'] as const) {
      tokens.forEach((token, i) => {
        if (tokens.findIndex((other) => other[member] === token[member]) < i)
          context.addIssue({
            code: 'custom',
            path: ['tokens', i, member],
            message: 'is there more than once',
          });
      });
    }
  });

/** Makes a new token: its text, which is shown once, and what the file keeps of it. */
export function makeToken(): { readonly text: string } & Pick<TokenRecord, 'id' | 'sha256'> {
  const id = randomBytes(ID_BYTES).toString('hex');
  const text = `ectl_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { text, id, sha256: tokenHash(text).toString('base64url') };
}

/** The id in a token's text; `undefined` when it is no token of ours. */
export function tokenIdOf(text: string): string | undefined {
  return TOKEN.exec(text)?.[1];
}

export function tokenHash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
