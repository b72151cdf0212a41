import { z } from 'zod';
import type { WorkflowFlag, WorkflowGraph, WorkflowSummary } from '../application/ports/ledger-store.js';
import { nodeJson, nodeSchema, uuid } from './representations.js';
import { time, timeJson } from './time-representations.js';

export const workflowSchema = z.object({
  wid: uuid,
  nodes: z.array(nodeSchema),
  roots: z.array(z.string()),
  leaves: z.array(z.string()),
  truncated: z.boolean(),
});

export function workflowJson(
  wid: string,
  { nodes, roots, leaves, truncated }: WorkflowGraph,
): z.infer<typeof workflowSchema> {
  return { wid, nodes: nodes.map(nodeJson), roots: [...roots], leaves: [...leaves], truncated };
}

export const workflowsSchema = z.object({
  workflows: z.array(
    z.object({
      wid: uuid,
      entries: z.number(),
      first_recorded_at: time,
      last_recorded_at: time,
      issuers: z.array(z.string()),
      flags: z
        .array(z.enum(['rejected', 'pending_human_review', 'revoked_key']))
        .readonly()
        .optional()
        .meta({ description: 'Asked for by `flags=true`: what tasks of the workflow deserve a look.' }),
    }),
  ),
  next: z.string().nullable(),
});

export function workflowSummaryJson(
  summary: WorkflowSummary,
  flags: readonly WorkflowFlag[] | undefined,
): z.infer<typeof workflowsSchema>['workflows'][number] {
  const { wid, entries, firstRecordedAtMs, lastRecordedAtMs, issuers } = summary;
  return {
    wid,
    entries,
    first_recorded_at: timeJson(firstRecordedAtMs),
    last_recorded_at: timeJson(lastRecordedAtMs),
    issuers: [...issuers],
    ...(flags && { flags }),
  };
}
