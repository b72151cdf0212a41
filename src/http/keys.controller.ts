import { Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { ReadKeys } from '../application/read-keys.js';
import { RevokeKeys } from '../application/revoke-keys.js';
import { Needs, RequestCaller } from './access.js';
import {
  impactJson,
  impactSchema,
  keyJson,
  keySchema,
  keysSchema,
  revocationJson,
  revocationRequestSchema,
  revocationSchema,
} from './key-representations.js';
import { ApiProblems, REVOCATION_BODY } from './openapi.js';
import {
  encodeCursor,
  impactQuerySchema,
  jktPathSchema,
  keysQuerySchema,
  noQuerySchema,
} from './query-schemas.js';
import { readJson } from './submission.js';

const JKT_PARAMETER = { name: 'jkt', description: 'RFC 7638 SHA-256 thumbprint of the key, base64url' };

@ApiTags('Keys')
@Controller('keys')
export class KeysController {
  constructor(
    @Inject(ReadKeys) private readonly keys: ReadKeys,
    @Inject(RevokeKeys) private readonly revoker: RevokeKeys,
  ) {}

  @Get()
  @Needs('ledger:read')
  @ApiOperation({
    summary: 'The keys that verified entries',
    description: 'The newest first use first. Repeat with `cursor` = `next` until it is null.',
  })
  @ApiResponse({ status: 200, description: 'A page', standardSchema: keysSchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async list(
    @Query({ schema: keysQuerySchema }) { iss, limit, cursor }: z.output<typeof keysQuerySchema>,
    @RequestCaller() { limits }: Caller,
  ): Promise<z.infer<typeof keysSchema>> {
    const page = await this.keys.list({ iss, limit, before: cursor?.index }, limits);
    const next = page.nextIndex === undefined ? null : encodeCursor({ order: 'desc', index: page.nextIndex });
    return { keys: page.items.map(keyJson), next };
  }

  @Get(':jkt')
  @Needs('ledger:read')
  @ApiParam(JKT_PARAMETER)
  @ApiOperation({ summary: 'One key', description: 'Its entries: `GET /ledger?jkt=`.' })
  @ApiResponse({ status: 200, description: 'The key', standardSchema: keySchema })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async get(
    @Param({ schema: jktPathSchema }) { jkt }: z.output<typeof jktPathSchema>,
    @Query({ schema: noQuerySchema }) _query: unknown,
    @RequestCaller() { limits }: Caller,
  ): Promise<z.infer<typeof keySchema>> {
    return keyJson(await this.keys.get(jkt, limits));
  }

  @Get(':jkt/impact')
  @Needs('ledger:read')
  @ApiParam(JKT_PARAMETER)
  @ApiOperation({
    summary: 'What rests on this key?',
    description:
      'Tasks that it signed since its revocation (or `from`), depth 0, and everything that came of them; by distance, then index. ' +
      '`truncated` says whether `limit` cut something off.',
  })
  @ApiResponse({ status: 200, description: 'The tasks', standardSchema: impactSchema })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async impact(
    @Param({ schema: jktPathSchema }) { jkt }: z.output<typeof jktPathSchema>,
    @Query({ schema: impactQuerySchema }) { from, limit }: z.output<typeof impactQuerySchema>,
    @RequestCaller() { limits }: Caller,
  ): Promise<z.infer<typeof impactSchema>> {
    return impactJson(jkt, await this.keys.impact({ jkt, fromMs: from, limit }, limits));
  }

  @Post(':jkt/revocation')
  @Needs('ledger:admin')
  @ApiParam(JKT_PARAMETER)
  @ApiOperation({
    summary: 'Revoke a key, for good',
    description:
      'From `at` on nothing more is recorded with the key, on any instance, under any name; what was recorded before stays and shows ' +
      '`key_status: "revoked"`. 200 when it was revoked as early before. It cannot be taken back: a mistake is answered by a new key.',
  })
  @ApiConsumes('application/json')
  @ApiBody(REVOCATION_BODY)
  @ApiResponse({ status: 201, description: 'Revoked', standardSchema: revocationSchema })
  @ApiResponse({ status: 200, description: 'Was revoked before', standardSchema: revocationSchema })
  @ApiProblems(
    'invalid-request',
    'request-too-large',
    'unsupported-media-type',
    'overloaded',
    'store-unavailable',
  )
  async revoke(
    @Param({ schema: jktPathSchema }) { jkt }: z.output<typeof jktPathSchema>,
    @Query({ schema: noQuerySchema }) _query: unknown,
    @Req() request: FastifyRequest,
    @RequestCaller() { limits }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof revocationSchema>> {
    const { at, reason } = readJson(request, revocationRequestSchema);
    const { revocation, isNew } = await this.revoker.revoke({ jkt, atMs: at, reason }, limits);
    reply.status(isNew ? 201 : 200);
    return revocationJson(revocation);
  }
}
