import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { ReadLedger } from '../application/read-ledger.js';
import { TraceDag } from '../application/trace-dag.js';
import { Needs, RequestCaller } from './access.js';
import { ApiGraph, sendGraph } from './graph-formats.js';
import { ApiProblems } from './openapi.js';
import { encodeCursor, widPathSchema, workflowQuerySchema, workflowsQuerySchema } from './query-schemas.js';
import {
  workflowJson,
  workflowSchema,
  workflowsSchema,
  workflowSummaryJson,
} from './workflow-representations.js';

@ApiTags('Reading')
@Controller('workflows')
export class WorkflowsController {
  constructor(
    @Inject(ReadLedger) private readonly reader: ReadLedger,
    @Inject(TraceDag) private readonly tracer: TraceDag,
  ) {}

  @Get()
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Workflows, most recently started first' })
  @ApiResponse({ status: 200, description: 'A page', standardSchema: workflowsSchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async list(
    @Query({ schema: workflowsQuerySchema })
    { iss, flags, limit, cursor }: z.output<typeof workflowsQuerySchema>,
    @RequestCaller() { limits }: Caller,
  ): Promise<z.infer<typeof workflowsSchema>> {
    const request = { limit, beforeIndex: cursor?.index, issuers: iss };
    const page = await this.reader.workflows(request, limits);
    const flagged = flags ? await this.reader.workflowFlags(page.items, limits) : undefined;
    const next = page.nextIndex === undefined ? null : encodeCursor({ order: 'desc', index: page.nextIndex });
    const workflows = page.items.map((item) => workflowSummaryJson(item, flagged?.get(item.wid)));
    return { workflows, next };
  }

  @Get(':wid')
  @Needs('ledger:read')
  @ApiParam({ name: 'wid', description: 'UUID of the workflow' })
  @ApiOperation({
    summary: 'The whole graph of one workflow',
    description: 'Nodes by index; roots have no parents, leaves no children.',
  })
  @ApiGraph('The graph', workflowSchema)
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async get(
    @Param({ schema: widPathSchema }) { wid }: z.output<typeof widPathSchema>,
    @Query({ schema: workflowQuerySchema }) { limit, format }: z.output<typeof workflowQuerySchema>,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const workflow = await this.tracer.workflow(wid, limit, caller.limits);
    return sendGraph(reply, format, {
      graph: { title: `Workflow ${wid}`, ...workflow },
      json: () => workflowJson(wid, workflow),
      fileName: `workflow-${wid}`,
    });
  }
}
