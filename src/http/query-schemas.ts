import { z } from 'zod';

/** RFC 9562 textual form, any version; the ledger compares UUIDs in lower case. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'must be a UUID')
  .transform((text) => text.toLowerCase());

const wid = z
  .union([z.literal('none').transform(() => null), uuid], 'must be a UUID or none')
  .optional()
  .meta({
    description:
      'The workflow; `none` for the task that has none. Needed only when several workflows use the jti.',
  });

const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be from ${minimum} to ${maximum}`);

/** RFC 7638 with SHA-256: 256 bits in 43 characters. */
const thumbprint = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be a SHA-256 thumbprint in base64url (RFC 7638)');

// Control characters never occur in what these filters match, and NUL would upset the database.
const text = z
  .string()
  .min(1, 'must not be empty')
  .max(2_048)
  .regex(/^\P{Cc}*$/u, 'must not hold control characters');

/** RFC 3339 with an offset, T and Z in any case → milliseconds since the epoch, rounded up: entries carry whole milliseconds. */
export const rfc3339 = z
  .string()
  .toUpperCase()
  .meta({ format: 'date-time' })
  .pipe(z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-23T02:00:00Z' }))
  .transform((value) => Date.parse(value) + (/\.\d{3}\d*[1-9]/.test(value) ? 1 : 0));

const format = z.enum(['json', 'dot', 'mermaid', 'openlineage']).optional().meta({
  description:
    'Wins over `Accept`. `dot`: Graphviz; `mermaid`: a flowchart; `openlineage`: a run event per task, a line of JSON each.',
});

/** How a graph leaves. */
export type GraphFormat = NonNullable<z.output<typeof format>>;

const graphLimit = integer(1, 10_000)
  .default(1_000)
  .meta({ description: 'How many nodes at most, the asked one included; 1 to 10000.' });

export const jtiPathSchema = z.strictObject({ jti: uuid });
export const widPathSchema = z.strictObject({ wid: uuid });
export const codePathSchema = z.strictObject({ code: z.string() });

export const noQuerySchema = z.strictObject({});

export const batchQuerySchema = z.strictObject({
  entries: z
    .enum(['true', 'false'])
    .default('true')
    .transform((value) => value === 'true')
    .meta({ description: '`false` answers `status`, `index` and `jti` only for each recorded token.' }),
});

export const taskQuerySchema = z.strictObject({ wid });

/** Where a page starts: the direction and the last index of the page before. Opaque to clients. */
export interface Cursor {
  readonly order: 'asc' | 'desc';
  readonly index: number;
}

const cursor = z
  .string()
  .transform((value, context) => {
    const [, order, index] =
      /^(asc|desc)\.(\d{1,15})$/.exec(Buffer.from(value, 'base64url').toString('latin1')) ?? [];
    if (order === 'asc' || order === 'desc') return { order, index: Number(index) } satisfies Cursor;
    context.addIssue('must be the "next" of the page before');
    return z.NEVER;
  })
  .optional()
  .meta({ description: 'The `next` of the page before, with the same other parameters.' });

export function encodeCursor({ order, index }: Cursor): string {
  return Buffer.from(`${order}.${index}`, 'latin1').toString('base64url');
}

export const searchQuerySchema = z
  .strictObject({
    wid: uuid.optional().meta({ description: 'Entries of this workflow.' }),
    iss: text.optional().meta({ description: 'Entries of this issuer.' }),
    exec_act: text.optional().meta({ description: 'Entries with exactly this action.' }),
    kid: text.optional().meta({ description: 'Entries whose token names this key.' }),
    jkt: thumbprint.optional().meta({ description: 'Entries that the key of this thumbprint verified.' }),
    pol_decision: z.enum(['approved', 'rejected', 'pending_human_review']).optional(),
    from: rfc3339.optional().meta({ description: 'RFC 3339; recorded at or after.' }),
    to: rfc3339.optional().meta({ description: 'RFC 3339; recorded before.' }),
    order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'By index.' }),
    limit: integer(1, 1_000).default(100).meta({ description: '1 to 1000.' }),
    cursor,
  })
  .refine((query) => query.cursor === undefined || query.cursor.order === query.order, {
    path: ['cursor'],
    error: 'belongs to the other order',
  });

export const jktPathSchema = z.strictObject({ jkt: thumbprint });
export const keysQuerySchema = z.strictObject({
  iss: text.optional().meta({ description: 'Keys that served this issuer, by their first use for it.' }),
  limit: integer(1, 1_000).default(100).meta({ description: '1 to 1000.' }),
  cursor: cursor.refine((value) => value?.order !== 'asc', 'must be the "next" of the page before'),
});

export const impactQuerySchema = z.strictObject({
  from: rfc3339.optional().meta({
    description: 'RFC 3339; tasks recorded at or after. By default since the revocation, or the first use.',
  }),
  limit: integer(1, 10_000).default(1_000).meta({ description: 'How many nodes at most; 1 to 10000.' }),
});

const traceShape = {
  wid,
  depth: integer(0, 1_000_000)
    .optional()
    .meta({ description: 'How many steps from the asked task at most; no bound by default.' }),
  limit: graphLimit,
  format,
};

export const ancestryQuerySchema = z.strictObject(traceShape);
export const descendantsQuerySchema = z.strictObject({
  ...traceShape,
  at: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'A size of the log: only what was recorded below that index.' }),
});

export const workflowQuerySchema = z.strictObject({ limit: graphLimit, format });

/** Flags cost more than the rest of a line. */
const MAX_FLAGGED = 100;

export const workflowsQuerySchema = z
  .strictObject({
    iss: z
      .union([text.transform((one) => [one]), z.array(text).max(50, 'must not be more than 50')])
      .optional()
      .meta({ description: 'Workflows in which this issuer took part; of several, any. At most 50.' }),
    flags: z
      .enum(['true', 'false'])
      .default('false')
      .transform((value) => value === 'true')
      .meta({
        description: `\`true\`: \`flags\` of each workflow, with a \`limit\` of at most ${MAX_FLAGGED}.`,
      }),
    limit: integer(1, 1_000).default(100).meta({ description: '1 to 1000.' }),
    cursor: cursor.refine((value) => value?.order !== 'asc', 'must be the "next" of the page before'),
  })
  .refine(({ flags, limit }) => !flags || limit <= MAX_FLAGGED, {
    path: ['limit'],
    error: `must be at most ${MAX_FLAGGED} with flags`,
  });

const lastIndex = integer(0, Number.MAX_SAFE_INTEGER);

export const eventsQuerySchema = z.strictObject({
  wid: uuid.optional().meta({ description: 'Entries of this workflow only.' }),
  after: lastIndex.optional().meta({
    description:
      'An index: everything recorded beyond it. `Last-Event-ID` wins; without either only what is new.',
  }),
});

/** The `id` of the last event that a client of the stream has got; an empty one is none (HTML §9.2.3). */
export const lastEventIdSchema = z
  .literal('')
  .transform(() => undefined)
  .or(lastIndex)
  .optional();

const size = integer(0, Number.MAX_SAFE_INTEGER);

export const indexPathSchema = z.strictObject({ index: size });
export const receiptQuerySchema = z.strictObject({
  wid,
  size: integer(1, Number.MAX_SAFE_INTEGER).optional(),
});
export const inclusionQuerySchema = z
  .strictObject({ index: size, size })
  .refine((query) => query.index < query.size, { path: ['index'], error: 'must be less than size' });
export const consistencyQuerySchema = z
  .strictObject({ first: size, second: size })
  .refine((query) => query.first <= query.second, { path: ['first'], error: 'must not be more than second' });
