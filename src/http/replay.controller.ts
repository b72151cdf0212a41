import { Controller, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DetectReplays } from '../application/detect-replays.js';
import { Needs } from './access.js';
import { ApiProblems, REPLAY_BODY } from './openapi.js';
import { noQuerySchema } from './query-schemas.js';
import { replayRequestSchema, replaySchema } from './replay-representations.js';
import { readJson } from './submission.js';

@ApiTags('Replay detection')
@Controller('replay')
export class ReplayController {
  constructor(@Inject(DetectReplays) private readonly replays: DetectReplays) {}

  @Post()
  @Needs('ledger:record')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Was this token seen before?',
    description:
      'For verifiers that share one memory: of all that ask for a token, whenever and on whatever instance, exactly one hears `seen: false`. ' +
      'The token is then remembered for `ttl` seconds, which should reach beyond its `exp`. Without an answer do not accept the token: ' +
      'asking again says `seen: true` if the first question arrived.',
  })
  @ApiConsumes('application/json')
  @ApiBody(REPLAY_BODY)
  @ApiResponse({ status: 200, description: 'Whether it was', standardSchema: replaySchema })
  @ApiProblems(
    'invalid-request',
    'request-too-large',
    'unsupported-media-type',
    'overloaded',
    'store-unavailable',
  )
  async check(
    @Query({ schema: noQuerySchema }) _query: unknown,
    @Req() request: FastifyRequest,
  ): Promise<z.infer<typeof replaySchema>> {
    const { jti, scope, ttl } = readJson(request, replayRequestSchema);
    const firstSeenAtMs = await this.replays.check({ jti, scope }, ttl);
    if (firstSeenAtMs === undefined) return { seen: false };
    return { seen: true, first_seen_at: new Date(firstSeenAtMs).toISOString() };
  }
}
