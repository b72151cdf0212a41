import { z } from 'zod';
import type { UsedKey } from '../application/ports/key-history.js';
import type { StoredRevocation } from '../application/revocation-list.js';
import { MAX_REASON_LENGTH } from '../domain/revocation.js';
import { isPlainText } from '../domain/text.js';
import type { Trace } from '../application/ports/ledger-store.js';
import { rfc3339 } from './query-schemas.js';
import { nodeJson, nodeSchema } from './representations.js';
import { time, timeJson } from './time-representations.js';

/** What leaves over HTTP of the keys that verified entries. */

const source = z
  .string()
  .optional()
  .meta({ description: 'Where the key came from at its first use', example: 'trust-file' });

export const keySchema = z.object({
  jkt: z.string().meta({ description: 'RFC 7638 thumbprint' }),
  iss: z.string().meta({ description: 'The issuer at the first use' }),
  kid: z.string(),
  alg: z.string().meta({ example: 'ES256' }),
  source,
  names: z
    .array(z.object({ iss: z.string(), kid: z.string(), source }))
    .meta({ description: 'Every name the key served under, in the order of first use, at most 100' }),
  jwk: z.record(z.string(), z.unknown()).meta({ description: 'The public key as it was trusted' }),
  first_used_at: time,
  last_used_at: time,
  first_index: z.number().meta({ description: 'Index of the first entry that it verified' }),
  last_index: z.number(),
  key_status: z
    .enum(['active', 'revoked'])
    .meta({ description: '`revoked` once `at` of the revocation has come' }),
  revocation: z
    .object({ at: time, reason: z.string() })
    .optional()
    .meta({ description: 'The earliest of those that apply to the key or to one of its names' }),
});

export const keysSchema = z.object({ keys: z.array(keySchema), next: z.string().nullable() });

export const revocationRequestSchema = z.strictObject({
  at: rfc3339
    .optional()
    .meta({ description: 'RFC 3339; from when on nothing more is recorded with the key. Now by default.' }),
  reason: z
    .string()
    .refine(
      (text) => isPlainText(text, MAX_REASON_LENGTH),
      `must have 1 to ${MAX_REASON_LENGTH} characters, no control characters`,
    )
    .meta({ description: 'For people; shown with the key.', example: 'private key found in a build log' }),
});

export const revocationSchema = z.object({ jkt: z.string(), at: time, reason: z.string() });

export function revocationJson({ jkt, atMs, reason }: StoredRevocation): z.infer<typeof revocationSchema> {
  return { jkt, at: timeJson(atMs), reason };
}

export const impactSchema = z.object({
  jkt: z.string(),
  from: time,
  nodes: z.array(nodeSchema.extend({ depth: z.number().meta({ description: '0: signed with the key' }) })),
  truncated: z.boolean().meta({ description: 'Whether limit cut something off' }),
});

export function impactJson(
  jkt: string,
  { fromMs, trace }: { readonly fromMs: number; readonly trace: Trace },
): z.infer<typeof impactSchema> {
  const nodes = trace.nodes.map((node) => ({ ...nodeJson(node), depth: node.depth }));
  return { jkt, from: timeJson(fromMs), nodes, truncated: trace.truncated };
}

export function keyJson(key: UsedKey): z.infer<typeof keySchema> {
  const [first] = key.names;
  if (!first) throw new Error(`the key ${key.jkt} has no name`);
  return {
    jkt: key.jkt,
    ...nameJson(first),
    alg: key.alg,
    names: key.names.map(nameJson),
    jwk: { ...key.jwk },
    first_used_at: timeJson(key.firstUsedAtMs),
    last_used_at: timeJson(key.lastUsedAtMs),
    first_index: key.firstIndex,
    last_index: key.lastIndex,
    key_status: key.revocation?.isInForce === true ? 'revoked' : 'active',
    ...(key.revocation && {
      revocation: { at: timeJson(key.revocation.atMs), reason: key.revocation.reason },
    }),
  };
}

function nameJson({ iss, kid, source: from }: UsedKey['names'][number]): {
  iss: string;
  kid: string;
  source?: string;
} {
  return { iss, kid, ...(from !== undefined && { source: from }) };
}
