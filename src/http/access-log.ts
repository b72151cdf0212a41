import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProblemCode } from '../domain/errors.js';

/** What the access log says of a request beside what the request says itself. */
interface AccessNote {
  code?: ProblemCode;
  recorded?: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    accessNote: AccessNote | null;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * Logs who read or recorded what, one line a request that needed credentials: never a token, a header, an address or a query as sent. The
 * source address stands with those who were not let in.
 */
export function logAccess(fastify: FastifyInstance): void {
  fastify.decorateRequest('accessNote', null);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { accessNote: note, caller } = request;
    if (note)
      fastify.log.info(
        {
          requestId: request.id,
          caller: caller?.name ?? null,
          ...(caller ? {} : { source: request.ip }),
          method: request.method,
          route: request.routeOptions.url,
          ...named(request),
          ...note,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 100) / 100,
        },
        'access',
      );
    done();
  });
}

/** What the path names; only what is well-formed, since the rest is the client's free text. */
function named({ params }: FastifyRequest): object {
  const { jti, wid, jkt, index } = params as Readonly<Record<string, string | undefined>>;
  return {
    ...(jti !== undefined && UUID.test(jti) && { jti: jti.toLowerCase() }),
    ...(wid !== undefined && UUID.test(wid) && { wid: wid.toLowerCase() }),
    ...(jkt !== undefined && THUMBPRINT.test(jkt) && { jkt }),
    ...(index !== undefined && /^\d{1,16}$/.test(index) && { index: Number(index) }),
  };
}

/** Has the access log name the tasks that a request recorded. */
export function noteRecorded({ accessNote }: FastifyRequest, jtis: readonly string[]): void {
  if (accessNote) accessNote.recorded = jtis;
}

/** Has the access log name the problem that a request was answered with. */
export function noteProblem({ accessNote }: FastifyRequest, code: ProblemCode): void {
  if (accessNote) accessNote.code = code;
}
