import { Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { formatReceipt } from '../domain/log/receipt.js';
import { RecordEcts, type Recording, type SubmittedEct } from '../application/record-ects.js';
import { noteRecorded } from './access-log.js';
import { callerOf, Needs } from './access.js';
import { BATCH_BODIES, ONE_BODY, WIT_HEADER, ApiProblems } from './openapi.js';
import { problemOf } from './problem.js';
import { batchQuerySchema, noQuerySchema } from './query-schemas.js';
import { batchSchema, minimalJson, recordedJson, recordedSchema } from './representations.js';
import { readBatch, readSubmission } from './submission.js';

@ApiTags('Recording')
@Controller('ledger')
export class RecordingController {
  constructor(@Inject(RecordEcts) private readonly recordEcts: RecordEcts) {}

  @Post()
  @Needs('ledger:record')
  @ApiOperation({
    summary: 'Record a finished task',
    description:
      'Verifies the token, checks its place in the DAG and appends it. 201 once it is durable; 200 with the first recording when the ' +
      'byte-identical token is already there, so retries are safe. Instead of a body, the Execution-Context header may carry one token or, ' +
      'separated by commas, several: those are answered as a batch.',
  })
  @ApiConsumes(
    'application/wimse-exec+jwt',
    'application/exec+jwt',
    'application/jwt',
    'text/plain',
    'application/json',
  )
  @ApiBody(ONE_BODY)
  @ApiHeader({
    name: 'Execution-Context',
    required: false,
    description: 'Tokens, when the body is empty (ECT §5)',
  })
  @ApiHeader(WIT_HEADER)
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`return=minimal` (RFC 7240): index, jti, wid, recorded_at and receipt only',
  })
  @ApiResponse({ status: 201, description: 'Recorded', standardSchema: recordedSchema })
  @ApiResponse({
    status: 200,
    description: 'Recorded before, or the results of several header tokens',
    standardSchema: z.union([recordedSchema, batchSchema]),
  })
  @ApiProblems(
    'token',
    'duplicate-jti',
    'request-too-large',
    'unsupported-media-type',
    'overloaded',
    'store-unavailable',
  )
  async record(
    @Query({ schema: noQuerySchema }) _query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { compacts, isBatch } = readSubmission(request);
    if (isBatch) {
      reply.status(200);
      return this.recordBatch(compacts, true, request);
    }
    const recorded = await this.recordEcts.recordOne(compacts[0] ?? '', callerOf(request).limits);
    const { kind, entry } = recorded;
    const { jti, wid } = entry.claims;
    noteRecorded(request, [jti]);
    reply.status(STATUS[kind]).header('Location', `/ledger/${jti}${wid === undefined ? '' : `?wid=${wid}`}`);
    if (!prefersMinimal(request.headers['prefer'])) return recordedJson(recorded);
    reply.header('Preference-Applied', 'return=minimal');
    return minimalJson(recorded);
  }

  @Post('batch')
  @Needs('ledger:record')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Record up to 1000 tasks at once',
    description:
      'Results stand in the order sent. Tokens may name each other as parents in any order. A rejected token does not stop the others, ' +
      'but those that name it as parent are rejected as `missing-parent`.',
  })
  @ApiConsumes('application/x-ndjson', 'text/plain', 'application/json')
  @ApiBody(BATCH_BODIES)
  @ApiHeader(WIT_HEADER)
  @ApiQuery({
    name: 'entries',
    required: false,
    enum: ['true', 'false'],
    description: '`false`: status, index, jti and receipt only',
  })
  @ApiResponse({ status: 200, description: 'What became of each token', standardSchema: batchSchema })
  @ApiProblems(
    'invalid-request',
    'request-too-large',
    'unsupported-media-type',
    'overloaded',
    'store-unavailable',
  )
  async recordMany(
    @Query({ schema: batchQuerySchema }) query: z.output<typeof batchQuerySchema>,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    return this.recordBatch(readBatch(request).compacts, query.entries, request);
  }

  private async recordBatch(
    compacts: readonly SubmittedEct[],
    withEntries: boolean,
    request: FastifyRequest,
  ): Promise<unknown> {
    const recordings = await this.recordEcts.recordAll(compacts, callerOf(request).limits);
    noteRecorded(
      request,
      recordings.flatMap((one) => (one.kind === 'rejected' ? [] : [one.entry.claims.jti])),
    );
    return { results: recordings.map((recording) => resultJson(recording, withEntries, request.id)) };
  }
}

const STATUS = { recorded: 201, 'already-recorded': 200 } as const;

function resultJson(recording: Recording, withEntries: boolean, requestId: string): object {
  if (recording.kind === 'rejected') {
    const problem = problemOf(recording.error, requestId);
    return { status: problem.status, problem };
  }
  const { kind, entry, receipt } = recording;
  if (withEntries) return { status: STATUS[kind], entry: recordedJson(recording) };
  return { status: STATUS[kind], index: entry.index, jti: entry.claims.jti, receipt: formatReceipt(receipt) };
}

function prefersMinimal(prefer: string | readonly string[] | undefined): boolean {
  return String(prefer ?? '')
    .toLowerCase()
    .split(/[,;]/)
    .some((preference) => /^\s*return\s*=\s*"?minimal"?\s*$/.test(preference));
}
