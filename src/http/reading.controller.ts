import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { ReadLedger } from '../application/read-ledger.js';
import { TraceDag } from '../application/trace-dag.js';
import { Needs, RequestCaller } from './access.js';
import { ApiGraph, sendGraph } from './graph-formats.js';
import { qualityOf } from './media-types.js';
import { ApiProblems, ApiTask, openApiOf } from './openapi.js';
import { invalidRequest } from './problem.js';
import {
  ancestryQuerySchema,
  descendantsQuerySchema,
  encodeCursor,
  jtiPathSchema,
  searchQuerySchema,
  taskQuerySchema,
} from './query-schemas.js';
import { entriesSchema, entryJson, entrySchema, traceJson, traceSchema } from './representations.js';

type Jti = z.output<typeof jtiPathSchema>;

@ApiTags('Reading')
@Controller('ledger')
export class ReadingController {
  constructor(
    @Inject(ReadLedger) private readonly reader: ReadLedger,
    @Inject(TraceDag) private readonly tracer: TraceDag,
  ) {}

  @Get()
  @Needs('ledger:read')
  @ApiOperation({
    summary: 'Search entries, page by page',
    description:
      'Pages go by index, so they are stable while the log grows. Repeat with `cursor` = `next` until it is null.',
  })
  @ApiResponse({ status: 200, description: 'A page', standardSchema: entriesSchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async search(
    @Query({ schema: searchQuerySchema }) query: z.output<typeof searchQuerySchema>,
    @RequestCaller() caller: Caller,
  ): Promise<unknown> {
    const { exec_act, pol_decision, from, to, order, limit, cursor, wid, iss, kid, jkt } = query;
    const filter = {
      wid,
      iss,
      kid,
      jkt,
      execAct: exec_act,
      polDecision: pol_decision,
      fromMs: from,
      toMs: to,
    };
    const page = await this.reader.search(filter, { order, limit, afterIndex: cursor?.index }, caller.limits);
    const next = page.nextIndex === undefined ? null : encodeCursor({ order, index: page.nextIndex });
    return { entries: page.items.map(entryJson), next };
  }

  @Get(':jti')
  @Needs('ledger:read')
  @ApiTask()
  @ApiOperation({ summary: 'One entry', description: 'With `Accept: application/jwt` the token itself.' })
  @ApiResponse({
    status: 200,
    description: 'The entry',
    content: {
      'application/json': { schema: openApiOf(entrySchema) },
      'application/jwt': { schema: { type: 'string' } },
    },
  })
  @ApiProblems('invalid-request', 'not-found', 'ambiguous-jti', 'store-unavailable')
  async get(
    @Param({ schema: jtiPathSchema }) { jti }: Jti,
    @Query({ schema: taskQuerySchema }) { wid }: z.output<typeof taskQuerySchema>,
    @Headers('accept') accept: string | undefined,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const entry = await this.reader.get({ jti, wid }, caller.limits);
    reply.header('Vary', 'Accept');
    if (qualityOf(accept, 'application/jwt') <= qualityOf(accept, 'application/json'))
      return entryJson(entry);
    reply.header('Content-Type', 'application/jwt');
    return entry.ect;
  }

  @Get(':jti/ancestry')
  @Needs('ledger:read')
  @ApiTask()
  @ApiOperation({
    summary: 'Which tasks led to this one?',
    description:
      'By distance, then index; the asked task first. `truncated` says whether `limit` or `depth` cut something off.',
  })
  @ApiGraph('The ancestors', traceSchema)
  @ApiProblems('invalid-request', 'not-found', 'ambiguous-jti', 'store-unavailable')
  async ancestry(
    @Param({ schema: jtiPathSchema }) { jti }: Jti,
    @Query({ schema: ancestryQuerySchema })
    { wid, depth, limit, format }: z.output<typeof ancestryQuerySchema>,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const direction = 'ancestors';
    const { entry, trace } = await this.tracer.trace(
      { jti, wid },
      { direction, depth, limit },
      caller.limits,
    );
    return sendGraph(reply, format, {
      graph: { title: `Ancestors of ${jti}`, ...trace },
      json: () => traceJson(entry, direction, trace),
      fileName: `ancestry-${jti}`,
    });
  }

  @Get(':jti/descendants')
  @Needs('ledger:read')
  @ApiTask()
  @ApiOperation({
    summary: 'What came of this task?',
    description: 'As ancestry; `at` shows an earlier state of the log.',
  })
  @ApiGraph('The descendants', traceSchema)
  @ApiProblems('invalid-request', 'not-found', 'ambiguous-jti', 'store-unavailable')
  async descendants(
    @Param({ schema: jtiPathSchema }) { jti }: Jti,
    @Query({ schema: descendantsQuerySchema })
    { wid, depth, limit, at, format }: z.output<typeof descendantsQuerySchema>,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    await this.checkSize(at);
    const direction = 'descendants';
    const request = { direction, depth, limit, atSize: at } as const;
    const { entry, trace } = await this.tracer.trace({ jti, wid }, request, caller.limits);
    return sendGraph(reply, format, {
      graph: { title: `Descendants of ${jti}`, ...trace },
      json: () => traceJson(entry, direction, trace),
      fileName: `descendants-${jti}`,
    });
  }

  private async checkSize(at: number | undefined): Promise<void> {
    if (at === undefined) return;
    const size = await this.reader.size();
    if (at > size)
      throw invalidRequest([{ pointer: '/query/at', message: `the log has only ${size} leaves` }]);
  }
}
