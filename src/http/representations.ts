import { z } from 'zod';
import { problemSchema } from './operations-representations.js';
import type { Trace } from '../application/ports/ledger-store.js';
import type { DagNode, Entry } from '../domain/entry.js';
import { keyStatusJson, keyStatusShape } from './key-status-representations.js';
import { time, timeJson } from './time-representations.js';
import { formatReceipt, type Receipt } from '../domain/log/receipt.js';

/** What leaves over HTTP: JSON in snake_case, as JWT claims are. The schemas are the OpenAPI document's, the types are theirs. */

export const uuid = z.string().meta({ format: 'uuid' });

export const entrySchema = z.object({
  index: z
    .number()
    .meta({ description: 'Position in the log: 0-based, gap-free, in commit order', example: 41 }),
  jti: uuid,
  wid: uuid.optional(),
  iss: z.string().meta({ example: 'spiffe://example.com/agent/a' }),
  aud: z.array(z.string()),
  exec_act: z.string().meta({ example: 'review_spec' }),
  iat: z.number(),
  exp: z.number(),
  parents: z.array(z.string()),
  pol: z.string().optional(),
  pol_decision: z.enum(['approved', 'rejected', 'pending_human_review']).optional(),
  profile: z.enum(['wimse-exec', 'exec']),
  alg: z.string().meta({ example: 'ES256' }),
  kid: z.string(),
  jkt: z.string().meta({ description: 'RFC 7638 thumbprint of the verifying key' }),
  recorded_at: time,
  ...keyStatusShape,
  claims: z.record(z.string(), z.unknown()).meta({ description: 'The payload as signed' }),
  ect: z.string().meta({ description: 'The token as signed: a compact JWS' }),
});

export function entryJson({
  index,
  recordedAtMs,
  ect,
  profile,
  alg,
  kid,
  jkt,
  claims,
  payload,
  keyRevokedAtMs,
}: Entry): z.infer<typeof entrySchema> {
  return {
    index,
    jti: claims.jti,
    ...(claims.wid !== undefined && { wid: claims.wid }),
    iss: claims.iss,
    aud: [...claims.aud],
    exec_act: claims.execAct,
    iat: claims.iat,
    exp: claims.exp,
    parents: [...claims.parents],
    ...(claims.pol !== undefined && { pol: claims.pol }),
    ...(claims.polDecision !== undefined && { pol_decision: claims.polDecision }),
    profile,
    alg,
    kid,
    jkt,
    recorded_at: timeJson(recordedAtMs),
    ...keyStatusJson(keyRevokedAtMs),
    claims: payload,
    ect,
  };
}

export const receiptSchema = z.object({
  origin: z.string(),
  index: z.number(),
  tree_size: z.number(),
  leaf: z.string().meta({ description: "The leaf's bytes, base64" }),
  leaf_hash: z.string(),
  inclusion_path: z.array(z.string()).readonly(),
  root_hash: z.string(),
  checkpoint: z.string().meta({ description: 'A C2SP signed note' }),
});

/** The reply to a submission: the entry and the proof of it. */
export const submittedSchema = entrySchema.extend({ receipt: receiptSchema });

export function recordedJson({
  entry,
  receipt,
}: {
  entry: Entry;
  receipt: Receipt;
}): z.infer<typeof submittedSchema> {
  return { ...entryJson(entry), receipt: formatReceipt(receipt) };
}

const minimalSchema = submittedSchema.pick({
  index: true,
  jti: true,
  wid: true,
  recorded_at: true,
  receipt: true,
});

/** What answers a recording, as the client prefers it. */
export const recordedSchema = z.union([submittedSchema, minimalSchema]);

/** `Prefer: return=minimal` (RFC 7240 §4.2). */
export function minimalJson({
  entry,
  receipt,
}: {
  entry: Entry;
  receipt: Receipt;
}): z.infer<typeof minimalSchema> {
  const { jti, wid } = entry.claims;
  return {
    index: entry.index,
    jti,
    ...(wid !== undefined && { wid }),
    recorded_at: timeJson(entry.recordedAtMs),
    receipt: formatReceipt(receipt),
  };
}

export const batchSchema = z.object({
  results: z.array(
    z.union([
      z.object({ status: z.number(), entry: submittedSchema }),
      z.object({ status: z.number(), index: z.number(), jti: uuid, receipt: receiptSchema }),
      z.object({ status: z.number(), problem: problemSchema }),
    ]),
  ),
});

export const entriesSchema = z.object({ entries: z.array(entrySchema), next: z.string().nullable() });

export const nodeSchema = z.object({
  jti: uuid,
  index: z.number(),
  iss: z.string(),
  exec_act: z.string(),
  iat: z.number(),
  recorded_at: time,
  pol_decision: z.string().optional(),
  parents: z.array(z.string()),
  ...keyStatusShape,
});

export function nodeJson({
  jti,
  index,
  iss,
  execAct,
  iat,
  recordedAtMs,
  polDecision,
  parents,
  keyRevokedAtMs,
}: DagNode): z.infer<typeof nodeSchema> {
  return {
    jti,
    index,
    iss,
    exec_act: execAct,
    iat,
    recorded_at: timeJson(recordedAtMs),
    ...(polDecision !== undefined && { pol_decision: polDecision }),
    parents: [...parents],
    ...keyStatusJson(keyRevokedAtMs),
  };
}

export const traceSchema = z.object({
  jti: uuid,
  wid: uuid.optional(),
  direction: z.enum(['ancestors', 'descendants']),
  nodes: z.array(nodeSchema.extend({ depth: z.number() })),
  truncated: z.boolean().meta({ description: 'Whether limit or depth cut something off' }),
});

export function traceJson(
  entry: Entry,
  direction: 'ancestors' | 'descendants',
  trace: Trace,
): z.infer<typeof traceSchema> {
  const { jti, wid } = entry.claims;
  return {
    jti,
    ...(wid !== undefined && { wid }),
    direction,
    nodes: trace.nodes.map((node) => ({ ...nodeJson(node), depth: node.depth })),
    truncated: trace.truncated,
  };
}
