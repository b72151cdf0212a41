import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { PublishLog } from '../application/publish-log.js';
import { ReadLedger } from '../application/read-ledger.js';
import { decodeLeaf } from '../domain/log/leaf.js';
import { formatTlogProof } from '../domain/log/tlog-proof.js';
import { formatReceipt } from '../domain/log/receipt.js';
import { encodeBase64 } from '../domain/log/base64.js';
import { isForEverybody, Needs, RequestCaller } from './access.js';
import { qualityOf } from './media-types.js';
import { ApiProblems, ApiTask } from './openapi.js';
import { invalidRequest } from './problem.js';
import {
  consistencyQuerySchema,
  inclusionQuerySchema,
  indexPathSchema,
  jtiPathSchema,
  noQuerySchema,
  receiptQuerySchema,
} from './query-schemas.js';
import {
  consistencySchema,
  inclusionSchema,
  jwkJson,
  jwksSchema,
  leafSchema,
  trustJson,
} from './proof-representations.js';
import { entryJson, receiptSchema } from './representations.js';

/** What never changes may be kept for a year; by caches that others share only what is for everybody (RFC 9111 §3.5). */
const IMMUTABLE = 'max-age=31536000, immutable';

@ApiTags('Proofs')
@Controller()
export class LogController {
  constructor(
    @Inject(PublishLog) private readonly log: PublishLog,
    @Inject(ReadLedger) private readonly reader: ReadLedger,
  ) {}

  @Get('ledger/:jti/receipt')
  @Needs('ledger:read')
  @ApiTask()
  @ApiOperation({
    summary: 'Proof that a task is in the log',
    description:
      'Verifiable offline: `ect-ledger verify receipt`. With `Accept: text/plain` a C2SP `.tlog-proof` file.',
  })
  @ApiProduces('application/json', 'text/plain')
  @ApiResponse({ status: 200, description: 'The receipt', standardSchema: receiptSchema })
  @ApiProblems('invalid-request', 'not-found', 'ambiguous-jti', 'store-unavailable')
  async receipt(
    @Param({ schema: jtiPathSchema }) { jti }: z.output<typeof jtiPathSchema>,
    @Query({ schema: receiptQuerySchema }) { wid, size }: z.output<typeof receiptQuerySchema>,
    @Headers('accept') accept: string | undefined,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { index } = await this.reader.get({ jti, wid }, caller.limits);
    const receipt = await this.log.receipt(index, size);
    reply.header('Vary', 'Accept');
    if (qualityOf(accept, 'text/plain') <= qualityOf(accept, 'application/json'))
      return formatReceipt(receipt);
    reply.header('Content-Type', 'text/plain; charset=utf-8');
    return formatTlogProof(receipt);
  }

  @Get('log/checkpoint')
  @Needs('ledger:read')
  @ApiOperation({
    summary: 'The newest signed checkpoint',
    description: 'A C2SP signed note: origin, size, root.',
  })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The checkpoint', schema: { type: 'string' } })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async checkpoint(
    @Query({ schema: noQuerySchema }) _query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    reply.header('Content-Type', 'text/plain; charset=utf-8').header('Cache-Control', 'no-store');
    return this.log.checkpoint();
  }

  @Get('log/tile/*')
  @Needs('ledger:read')
  @ApiOperation({
    summary: 'A tile of the Merkle tree, or a bundle of leaves',
    description:
      'C2SP tlog-tiles: `tile/<level>/<index>[.p/<width>]`, `tile/entries/<index>[.p/<width>]`; the index in groups of three digits.',
  })
  @ApiParam({
    name: 'path',
    description: 'Level and index, such as `0/000.p/1`',
    schema: { type: 'string' },
    example: '0/000.p/1',
  })
  @ApiProduces('application/octet-stream')
  @ApiResponse({
    status: 200,
    description: 'The hashes, 32 bytes each, or the leaves',
    schema: { type: 'string', format: 'binary' },
  })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async tile(
    @Req() request: FastifyRequest,
    @Query({ schema: noQuerySchema }) _query: unknown,
    @RequestCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const path = (request.params as { readonly '*': string })['*'];
    const bytes = Buffer.from(await this.log.tile(`tile/${path}`, caller.limits));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
    reply
      .header('Content-Type', 'application/octet-stream')
      .header('Cache-Control', `${isForEverybody(caller) ? 'public' : 'private'}, ${IMMUTABLE}`)
      .header('ETag', etag);
    if (!isHeld(request.headers['if-none-match'], etag)) return bytes;
    reply.status(304);
    return undefined;
  }

  @Get('log/proof/inclusion')
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Inclusion proof (RFC 9162 §2.1.3)' })
  @ApiQuery({ name: 'index', schema: { type: 'integer' }, example: 0 })
  @ApiQuery({ name: 'size', schema: { type: 'integer' }, example: 1 })
  @ApiResponse({ status: 200, description: 'The proof, hashes in base64', standardSchema: inclusionSchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async inclusion(
    @Query({ schema: inclusionQuerySchema }) { index, size }: z.output<typeof inclusionQuerySchema>,
  ): Promise<z.infer<typeof inclusionSchema>> {
    await this.checkSize('size', size);
    const { leafHash, path, root } = await this.log.inclusion(index, size);
    return {
      index,
      size,
      leaf_hash: encodeBase64(leafHash),
      path: path.map(encodeBase64),
      root_hash: encodeBase64(root),
    };
  }

  @Get('log/proof/consistency')
  @Needs('ledger:read')
  @ApiOperation({ summary: 'Consistency proof (RFC 9162 §2.1.4)' })
  @ApiQuery({ name: 'first', schema: { type: 'integer' }, example: 1 })
  @ApiQuery({ name: 'second', schema: { type: 'integer' }, example: 1 })
  @ApiResponse({ status: 200, description: 'The proof, hashes in base64', standardSchema: consistencySchema })
  @ApiProblems('invalid-request', 'store-unavailable')
  async consistency(
    @Query({ schema: consistencyQuerySchema }) { first, second }: z.output<typeof consistencyQuerySchema>,
  ): Promise<z.infer<typeof consistencySchema>> {
    await this.checkSize('second', second);
    return { first, second, path: (await this.log.consistency(first, second)).map(encodeBase64) };
  }

  @Get('log/entries/:index')
  @Needs('ledger:read')
  @ApiParam({ name: 'index', schema: { type: 'integer' }, example: 0 })
  @ApiOperation({
    summary: 'One leaf',
    description:
      'Its exact bytes in base64; for an ECT the entry, for a change of trust what is trusted since.',
  })
  @ApiResponse({ status: 200, description: 'The leaf', standardSchema: leafSchema })
  @ApiProblems('invalid-request', 'not-found', 'store-unavailable')
  async leaf(
    @Param({ schema: indexPathSchema }) { index }: z.output<typeof indexPathSchema>,
    @Query({ schema: noQuerySchema }) _query: unknown,
    @RequestCaller() caller: Caller,
  ): Promise<z.infer<typeof leafSchema>> {
    const { leaf, entry, configuration } = await this.log.leaf(index, caller.limits);
    return {
      index,
      kind: decodeLeaf(leaf).kind,
      leaf: encodeBase64(leaf),
      ...(entry && { entry: entryJson(entry) }),
      ...(configuration && { trust: trustJson(configuration) }),
    };
  }

  @Get('.well-known/jwks.json')
  @Needs('ledger:read')
  @ApiOperation({
    summary: "The ledger's public keys",
    description: 'They sign checkpoints; `vkey` is the form that C2SP tools take.',
  })
  @ApiResponse({ status: 200, description: 'A JWK Set (RFC 7517)', standardSchema: jwksSchema })
  @ApiProblems('invalid-request')
  jwks(@Query({ schema: noQuerySchema }) _query: unknown): z.infer<typeof jwksSchema> {
    return { keys: this.log.keys.map(jwkJson) };
  }

  private async checkSize(name: string, asked: number): Promise<void> {
    const size = await this.log.size();
    if (asked > size)
      throw invalidRequest([{ pointer: `/query/${name}`, message: `the log has only ${size} leaves` }]);
  }
}

/** Whether the client has it already (RFC 9110 §13.1.2): by weak comparison, in a list, or whatever it has. */
function isHeld(ifNoneMatch: string | undefined, etag: string): boolean {
  const held = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held.includes(etag) || held.includes('*');
}
