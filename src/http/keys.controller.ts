import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ReadKeys } from '../application/read-keys.js';
import { Needs } from './access.js';
import { keyJson, keySchema, keysSchema } from './key-representations.js';
import { ApiProblems } from './openapi.js';
import { encodeCursor, jktPathSchema, keysQuerySchema, noQuerySchema } from './query-schemas.js';

const JKT_PARAMETER = { name: 'jkt', description: 'RFC 7638 SHA-256 thumbprint of the key, base64url' };

@ApiTags('Keys')
@Controller('keys')
export class KeysController {
  constructor(@Inject(ReadKeys) private readonly keys: ReadKeys) {}

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
  ): Promise<z.infer<typeof keysSchema>> {
    const page = await this.keys.list({ iss, limit, before: cursor?.index });
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
  ): Promise<z.infer<typeof keySchema>> {
    return keyJson(await this.keys.get(jkt));
  }
}
