import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SubmittedEct } from '../application/record-ects.js';
import { LedgerError } from '../domain/errors.js';
import { parseStrictJson } from '../domain/strict-json.js';
import { isTokenMediaType, mediaTypeOf } from './media-types.js';
import { invalidRequest } from './problem.js';
import { faultsOf } from './request-pipe.js';
import { pairWits } from './workload-identity.js';

/** Tokens in one batch (`POST /ledger/batch`). */
const BATCH_LIMIT = 1_000;
/** Bytes of a batch's body. */
export const BATCH_MAX_BYTES = 32 * 1024 * 1024;

const oneEctSchema = z.strictObject({ ect: z.string(), wit: z.string().optional() });
const manyEctsSchema = z.strictObject({ ects: z.array(z.union([z.string(), oneEctSchema])) });

const WHITE_SPACE = new Set([' ', '\t', '\r', '\n']);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What was sent, before anything in it is believed. */
export interface Submission {
  readonly compacts: readonly SubmittedEct[];
  readonly isBatch: boolean;
}

/** `POST /ledger`: one token in the body, or the tokens of the `Execution-Context` header (ECT §5). */
export function readSubmission(request: FastifyRequest): Submission {
  const body = bodyOf(request);
  const header = request.headers['execution-context'];
  if (header !== undefined) {
    if (body.length > 0)
      throw invalidRequest([
        { pointer: '', message: 'send the token in the body or in the Execution-Context header, not both' },
      ]);
    return ofHeader(String(header), request);
  }
  if (body.length === 0)
    throw invalidRequest([
      { pointer: '', message: 'send a token in the body or in the Execution-Context header' },
    ]);
  return { compacts: withWits([oneEct(request, body)], request), isBatch: false };
}

/** `POST /ledger/batch` */
export function readBatch(request: FastifyRequest): Submission {
  const body = bodyOf(request);
  if (request.headers['execution-context'] !== undefined) {
    throw invalidRequest([
      { pointer: '', message: 'the Execution-Context header goes to POST /ledger with an empty body' },
    ]);
  }
  if (body.length === 0) throw invalidRequest([{ pointer: '', message: 'the body is empty' }]);
  const compacts = manyEcts(request, body);
  checkCount(compacts);
  return { compacts: withWits(compacts, request), isBatch: true };
}

function ofHeader(value: string, request: FastifyRequest): Submission {
  const compacts = trimmedItems(value, ',');
  checkCount(compacts);
  return { compacts: withWits(compacts, request), isBatch: compacts.length > 1 };
}

/** The tokens of `Workload-Identity-Token` (draft-ietf-wimse-workload-creds) belong to those that were sent with them. */
function withWits(ects: readonly SubmittedEct[], { headers }: FastifyRequest): readonly SubmittedEct[] {
  const header = headers['workload-identity-token'];
  return header === undefined ? ects : pairWits(ects, trimmedItems(String(header), ','));
}

function oneEct(request: FastifyRequest, body: Buffer): SubmittedEct {
  const contentType = request.headers['content-type'];
  if (isTokenMediaType(contentType)) return trim(utf8(body, tokenIsNotUtf8));
  if (mediaTypeOf(contentType) === 'application/json') return submitted(json(body, oneEctSchema));
  throw unsupported();
}

function manyEcts(request: FastifyRequest, body: Buffer): readonly SubmittedEct[] {
  switch (mediaTypeOf(request.headers['content-type'])) {
    case 'application/x-ndjson':
    case 'text/plain':
      return trimmedItems(utf8(body, bodyIsNotUtf8), '\n');
    case 'application/json':
      return json(body, manyEctsSchema).ects.map(submitted);
    default:
      throw unsupported();
  }
}

function submitted(item: string | z.output<typeof oneEctSchema>): SubmittedEct {
  if (typeof item === 'string') return item;
  return item.wit === undefined ? item.ect : { ect: item.ect, wit: item.wit };
}

function checkCount(compacts: readonly unknown[]): void {
  if (compacts.length === 0) throw invalidRequest([{ pointer: '', message: 'no token was sent' }]);
  if (compacts.length > BATCH_LIMIT) {
    throw new LedgerError(
      'request-too-large',
      `${compacts.length} tokens were sent; a batch holds at most ${BATCH_LIMIT}`,
    );
  }
}

/**
 * A JSON body of exactly this schema.
 *
 * @throws LedgerError `invalid-request` with a pointer a fault, `unsupported-media-type`
 */
export function readJson<Schema extends z.ZodType>(
  request: FastifyRequest,
  schema: Schema,
): z.output<Schema> {
  const body = bodyOf(request);
  if (body.length === 0) throw invalidRequest([{ pointer: '', message: 'the body is empty' }]);
  if (mediaTypeOf(request.headers['content-type']) !== 'application/json') throw unsupported();
  return json(body, schema);
}

/** The parser for every content type hands the bytes on; a request without a body has none. */
function bodyOf(request: FastifyRequest): Buffer {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw unsupported();
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function json<Schema extends z.ZodType>(body: Buffer, schema: Schema): z.output<Schema> {
  const text = utf8(body, bodyIsNotUtf8);
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    throw invalidRequest([
      { pointer: '', message: error instanceof Error ? error.message : 'the body is no JSON' },
    ]);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(faultsOf(parsed.error.issues, ''));
  return parsed.data;
}

function utf8(body: Buffer, onFailure: () => LedgerError): string {
  try {
    return decoder.decode(body);
  } catch {
    throw onFailure();
  }
}

/** ASCII white space only: a byte order mark is no white space but a fault of the token. Linear, unlike a regular expression. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.has(text.charAt(start))) start++;
  while (start < end && WHITE_SPACE.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function trimmedItems(text: string, separator: string): readonly string[] {
  return text
    .split(separator)
    .map(trim)
    .filter((item) => item !== '');
}

function tokenIsNotUtf8(): LedgerError {
  return new LedgerError('malformed-token', 'the body is not UTF-8, so it is no compact JWS');
}

function bodyIsNotUtf8(): LedgerError {
  return invalidRequest([{ pointer: '', message: 'the body is not UTF-8' }]);
}

function unsupported(): LedgerError {
  return new LedgerError(
    'unsupported-media-type',
    'this Content-Type or Content-Encoding is not accepted here',
  );
}
