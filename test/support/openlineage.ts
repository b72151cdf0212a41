import { z } from 'zod';

/** The rules of the published OpenLineage 2-0-2 event and of the facets that the ledger writes (openlineage.io/spec), in zod. */
const SPEC = 'https://openlineage.io/spec';

const job = z.looseObject({ namespace: z.string(), name: z.string() });
const run = z.looseObject({ runId: z.guid() });

/** Every facet says who made it and which schema it follows; ours name the version that these rules are those of. */
const facet = (schema: string) => ({
  _producer: z.url(),
  _schemaURL: z.literal(`${SPEC}/facets/${schema}.json#/$defs/${schema.split('/')[1] ?? ''}`),
});

const runFacets = z.strictObject({
  parent: z.strictObject({ ...facet('1-2-0/ParentRunFacet'), run, job }).optional(),
  jobDependencies: z
    .strictObject({
      ...facet('1-0-1/JobDependenciesRunFacet'),
      upstream: z.array(z.strictObject({ job, run, dependency_type: z.literal('DIRECT_INVOCATION') })).min(1),
    })
    .optional(),
  tags: z.strictObject({
    ...facet('1-0-0/TagsRunFacet'),
    tags: z.array(z.strictObject({ key: z.string(), value: z.string(), source: z.string() })),
  }),
});

const jobFacets = z.strictObject({
  jobType: z.strictObject({
    ...facet('2-0-4/JobTypeJobFacet'),
    processingType: z.enum(['BATCH', 'STREAMING', 'SERVICE']),
    integration: z.string(),
    jobType: z.string(),
  }),
});

/** A run event as the ledger writes it. */
export const runEventSchema = z.strictObject({
  eventType: z.literal('COMPLETE'),
  eventTime: z.iso.datetime(),
  producer: z.url(),
  schemaURL: z.literal(`${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`),
  run: z.strictObject({ runId: z.guid(), facets: runFacets }),
  job: z.strictObject({ namespace: z.string(), name: z.string(), facets: jobFacets }),
  inputs: z.tuple([]),
  outputs: z.tuple([]),
});

/** Reads NDJSON of run events. @throws ZodError */
export function readRunEvents(text: string): readonly z.infer<typeof runEventSchema>[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  return lines.map((line) => runEventSchema.parse(JSON.parse(line)));
}
