import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { formatDot } from '../domain/export/dot.js';
import { formatMermaid } from '../domain/export/mermaid.js';
import { formatOpenLineage } from '../domain/export/openlineage.js';
import type { TaskGraph } from '../domain/export/task-graph.js';
import { qualityOf } from './media-types.js';
import { openApiOf } from './openapi.js';
import type { GraphFormat } from './query-schemas.js';

interface Writer {
  readonly mediaType: string;
  /** Of the file that a browser saves. */
  readonly extension: string;
  readonly write: (graph: TaskGraph) => string;
}

/** The formats beside JSON, the preferred first. */
const WRITERS: Readonly<Record<Exclude<GraphFormat, 'json'>, Writer>> = {
  dot: { mediaType: 'text/vnd.graphviz', extension: 'dot', write: formatDot },
  mermaid: { mediaType: 'text/vnd.mermaid', extension: 'mmd', write: formatMermaid },
  openlineage: { mediaType: 'application/x-ndjson', extension: 'ndjson', write: formatOpenLineage },
};

/** A graph that leaves in the format that the client wants. */
export interface GraphAnswer {
  readonly graph: TaskGraph;
  readonly json: () => unknown;
  /** Of the file that a browser saves, without extension; nothing of a token but UUIDs. */
  readonly fileName: string;
}

/**
 * The body of the answer, its headers set. `format`, of the query, wins over `Accept`, since a link can't set headers; an `Accept` that no
 * format fits gets JSON.
 */
export function sendGraph(
  reply: FastifyReply,
  format: GraphFormat | undefined,
  answer: GraphAnswer,
): unknown {
  reply.header('Vary', 'Accept');
  const writer = chooseWriter(format, reply.request.headers.accept);
  if (!writer) return answer.json();
  reply
    .header('Content-Type', `${writer.mediaType}; charset=utf-8`)
    .header('Content-Disposition', `attachment; filename="${answer.fileName}.${writer.extension}"`);
  return writer.write(answer.graph);
}

function chooseWriter(format: GraphFormat | undefined, accept: string | undefined): Writer | undefined {
  if (format !== undefined) return format === 'json' ? undefined : WRITERS[format];
  let best = { quality: qualityOf(accept, 'application/json'), writer: undefined as Writer | undefined };
  for (const writer of Object.values(WRITERS)) {
    const quality = qualityOf(accept, writer.mediaType);
    if (quality > best.quality) best = { quality, writer };
  }
  return best.writer;
}

/** Documents an answer of `sendGraph`. */
export function ApiGraph(description: string, schema: z.ZodType): MethodDecorator {
  const texts = Object.values(WRITERS).map(
    ({ mediaType }) => [mediaType, { schema: { type: 'string' } }] as const,
  );
  return applyDecorators(
    ApiHeader({
      name: 'Accept',
      required: false,
      description: 'A media type of the answer; `format` wins over it.',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 200,
      description,
      content: Object.fromEntries([['application/json', { schema: openApiOf(schema) }], ...texts]),
    }),
  );
}
