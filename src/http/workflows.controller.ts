import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ReadLedger } from '../application/read-ledger.js';
import { TraceDag } from '../application/trace-dag.js';
import { ApiProblems } from './openapi.js';
import { encodeCursor, widPathSchema, workflowQuerySchema, workflowsQuerySchema } from './query-schemas.js';
import { workflowJson, workflowSchema, workflowsSchema, workflowSummaryJson } from './representations.js';

@ApiTags('Reading')
@Controller('workflows')
export class WorkflowsController {
  constructor(
    @Inject(ReadLedger) private readonly reader: ReadLedger,
    @Inject(TraceDag) private readonly tracer: TraceDag,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Workflows, most recently started first' })
  @ApiResponse({ status: 200, description: 'A page', standardSchema: workflowsSchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async list(
    @Query({ schema: workflowsQuerySchema }) { limit, cursor }: z.output<typeof workflowsQuerySchema>,
  ): Promise<unknown> {
    const page = await this.reader.workflows(limit, cursor?.index);
    const next = page.nextIndex === undefined ? null : encodeCursor({ order: 'desc', index: page.nextIndex });
    return { workflows: page.items.map(workflowSummaryJson), next };
  }

  @Get(':wid')
  @ApiParam({ name: 'wid', description: 'UUID of the workflow' })
  @ApiOperation({
    summary: 'The whole graph of one workflow',
    description: 'Nodes by index; roots have no parents, leaves no children.',
  })
  @ApiResponse({ status: 200, description: 'The graph', standardSchema: workflowSchema })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async get(
    @Param({ schema: widPathSchema }) { wid }: z.output<typeof widPathSchema>,
    @Query({ schema: workflowQuerySchema }) { limit }: z.output<typeof workflowQuerySchema>,
  ): Promise<unknown> {
    return workflowJson(wid, await this.tracer.workflow(wid, limit));
  }
}
