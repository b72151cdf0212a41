import { z } from 'zod';
import { MAX_REASON_LENGTH, type Revocation } from '../domain/revocation.js';
import { isAbsoluteUri, isPlainText, MAX_ISSUER_LENGTH } from '../domain/text.js';
import { kidSchema, type TrustProblem } from './trusted-jwk.js';

/** RFC 7638 with SHA-256: 256 bits in 43 characters. */
const THUMBPRINT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

const shape = {
  at: z.iso
    .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-23T02:00:00Z' })
    .transform((text) => Date.parse(text)),
  reason: z
    .string()
    .refine(
      (text) => isPlainText(text, MAX_REASON_LENGTH),
      `must have 1 to ${MAX_REASON_LENGTH} characters, none of them a control character`,
    ),
};

const byThumbprint = z.strictObject({
  jkt: z.string().regex(THUMBPRINT, 'must be a SHA-256 thumbprint in base64url'),
  ...shape,
});
const byName = z.strictObject({
  iss: z.string().max(MAX_ISSUER_LENGTH).refine(isAbsoluteUri, 'must be an absolute URI'),
  kid: kidSchema,
  ...shape,
});

/** One revocation of a trust document: of a thumbprint, or of whatever key an issuer has under a `kid`. */
export function parseRevocation(
  value: unknown,
): { readonly revocation: Revocation } | { readonly problems: readonly TrustProblem[] } {
  const isByThumbprint = typeof value === 'object' && value !== null && 'jkt' in value;
  const parsed = isByThumbprint ? byThumbprint.safeParse(value) : byName.safeParse(value);
  if (!parsed.success) return { problems: parsed.error.issues.map(({ path, message }) => [path, message]) };
  const { at, reason, ...key } = parsed.data;
  return { revocation: { key, atMs: at, reason } };
}
