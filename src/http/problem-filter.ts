import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LedgerError } from '../domain/errors.js';
import { noteProblem } from './access-log.js';
import { challenge } from './bearer.js';
import { invalidRequest, problemOf, PROBLEM_MEDIA_TYPE } from './problem.js';

/** Turns whatever a request ended with into a problem (RFC 9457). The only place that decides what a client hears of an error. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = ledgerErrorOf(error, request);
  if (known.code === 'internal-error')
    request.log.error({ err: error, requestId: request.id }, 'request failed');
  const problem = problemOf(known, request.id);
  noteProblem(request, known.code);
  const { retryAfterSeconds, allow } = known.extras;
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  if (allow) reply.header('Allow', allow.join(', '));
  const challenged = challengeOf(known);
  if (challenged !== undefined) reply.header('WWW-Authenticate', challenged);
  reply.status(problem.status).header('Content-Type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

/** What the use cases forbid is beyond the token's limits (RFC 6750 §3.1, RFC 9110 §11.6.1). */
function challengeOf({ code, extras }: LedgerError): string | undefined {
  const isBeyondLimits = code === 'forbidden' || extras.isBeyondLimits === true;
  return extras.challenge ?? (isBeyondLimits ? challenge('insufficient_scope') : undefined);
}

function ledgerErrorOf(error: unknown, request: FastifyRequest): LedgerError {
  if (error instanceof LedgerError) return error;
  const status = error instanceof HttpException ? error.getStatus() : statusOfFastify(error);
  switch (status) {
    case 400:
      return invalidRequest([{ pointer: '', message: 'the request is malformed' }]);
    case 403: // the file server's answer to a path that leads out of its folder
    case 404:
      return new LedgerError('not-found', 'there is no such route; see /docs');
    case 413:
      return tooLarge(request);
    case 415:
      return new LedgerError('unsupported-media-type', 'this Content-Type is not accepted here');
    default:
      return new LedgerError('internal-error', 'unexpected failure', {}, { cause: error });
  }
}

/** A body over the limit of the route that takes one token is a token over its limit (ECT §7 step 1). */
function tooLarge(request: FastifyRequest): LedgerError {
  return request.routeOptions.url === '/ledger'
    ? new LedgerError('token-too-large', 'the body is larger than a token may be')
    : new LedgerError('request-too-large', 'the body is larger than this route takes');
}

function statusOfFastify(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return undefined;
  return String(error.code).startsWith('FST_ERR') ? error.statusCode : undefined;
}
