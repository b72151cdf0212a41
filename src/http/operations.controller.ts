import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { type Caller, checkSeesAll } from '../application/caller.js';
import { CheckReadiness } from '../application/check-readiness.js';
import { LedgerError } from '../domain/errors.js';
import { Needs, RequestCaller } from './access.js';
import { ApiProblems } from './openapi.js';
import { isProblemCode } from './problem.js';
import { problemPage } from './problem-page.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { codePathSchema, noQuerySchema } from './query-schemas.js';
import { healthSchema } from './operations-representations.js';

@ApiTags('Operations')
@Controller()
export class OperationsController {
  constructor(
    @Inject(CheckReadiness) private readonly readiness: CheckReadiness,
    @Inject(PrometheusMetrics) private readonly metrics: PrometheusMetrics,
  ) {}

  @Get('health/live')
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Is the process alive?' })
  @ApiResponse({ status: 200, description: 'Yes', standardSchema: healthSchema })
  @ApiProblems('invalid-request')
  live(@Query({ schema: noQuerySchema }) _query: unknown): z.infer<typeof healthSchema> {
    return { status: 'ok', checks: {} };
  }

  @Get('health/ready')
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Can it record and answer?' })
  @ApiResponse({ status: 200, description: 'Yes', standardSchema: healthSchema })
  @ApiResponse({
    status: 503,
    description: 'No: the failed checks say what is missing',
    standardSchema: healthSchema,
  })
  @ApiProblems('invalid-request')
  async ready(
    @Query({ schema: noQuerySchema }) _query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof healthSchema>> {
    const checks = await this.readiness.run();
    const isReady = Object.values(checks).every(({ status }) => status === 'ok');
    if (!isReady) reply.status(503);
    return { status: isReady ? 'ok' : 'error', checks };
  }

  @Get('metrics')
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Metrics for Prometheus' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Prometheus text format', schema: { type: 'string' } })
  @ApiProblems('invalid-request', 'not-found')
  async prometheus(
    @Query({ schema: noQuerySchema }) _query: unknown,
    @RequestCaller() { limits }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    checkSeesAll(limits, 'metrics are');
    reply.header('Content-Type', this.metrics.contentType);
    return this.metrics.text();
  }

  @Get('problems/:code')
  @Needs('public')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @ApiParam({ name: 'code', example: 'missing-parent' })
  @ApiOperation({ summary: 'What a problem means and what to do about it' })
  @ApiProduces('text/html')
  @ApiResponse({ status: 200, description: 'A short page', schema: { type: 'string' } })
  @ApiProblems('invalid-request', 'not-found')
  problem(
    @Param({ schema: codePathSchema }) { code }: z.output<typeof codePathSchema>,
    @Query({ schema: noQuerySchema }) _query: unknown,
  ): string {
    if (!isProblemCode(code)) throw new LedgerError('not-found', 'there is no problem of this name');
    return problemPage(code);
  }
}
