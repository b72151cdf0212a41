import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANYONE, EVERYTHING, type Caller } from '../application/caller.js';
import type { Authenticator } from '../application/ports/authenticator.js';
import type { Clock } from '../application/ports/clock.js';
import type { Scope } from '../domain/access-token.js';
import { LedgerError } from '../domain/errors.js';
import { logAccess } from './access-log.js';
import { bearerOf, insufficientScope, invalidToken, noCredentials } from './bearer.js';
import { FailureLimiter } from './failure-limiter.js';

/** What a caller needs for a route. */
export type RouteScope = Scope | 'public';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    scope?: RouteScope;
  }
}

export interface AccessRules {
  /** Without one nobody is asked for credentials. */
  readonly authenticator: Authenticator | undefined;
  /** Patterns of routes that need no credentials, whatever they declare. */
  readonly publicRoutes: readonly string[];
  readonly clock: Clock;
}

/** Routes of libraries, which can't say what they need: they hold nothing of the ledger. */
const PUBLIC_DOCUMENTS = /^\/(docs(\/.*)?|openapi\.json|assets\/\*)$/;

/** Who uses a public route: whatever it shows, it shows everybody. */
const PUBLIC: Caller = Object.freeze({ name: 'public', scopes: new Set<Scope>(), limits: EVERYTHING });

/** Declares what a caller needs for a route. A route without it does not start. */
export function Needs(scope: RouteScope): MethodDecorator {
  return applyDecorators(RouteConfig({ scope }), ApiExtension('x-required-scope', scope));
}

/** Who sent the request; what is in `limits` goes to every use case that reads. */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw new LedgerError('internal-error', 'a request came past the guard');
  return caller;
}

/** Whether what this caller hears is told to anybody who asks. */
export function isForEverybody(caller: Caller): boolean {
  return caller === PUBLIC || caller === ANYONE;
}

/** Lets only those in who may, before anything of a body is read, and puts the caller on every request. Call before any route is known. */
export function guardRoutes(
  fastify: FastifyInstance,
  { authenticator, publicRoutes, clock }: AccessRules,
): void {
  const limiter = new FailureLimiter(clock);
  const openRoutes = new Set(publicRoutes);
  fastify.decorateRequest('caller', null);
  logAccess(fastify);
  fastify.addHook('onRoute', ({ url, config }) => {
    if (config?.scope === undefined && !PUBLIC_DOCUMENTS.test(url))
      throw new Error(`the route ${url} does not say what it needs`);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!authenticator) {
      request.caller = ANYONE;
      done();
      return;
    }
    const { url, config } = request.routeOptions;
    const scope = config.scope ?? 'public'; // of a library, or no route at all
    if (scope === 'public' || openRoutes.has(url ?? '')) {
      request.caller = PUBLIC;
      done();
      return;
    }
    request.accessNote = {};
    reply.header('Cache-Control', 'no-store'); // unless the route knows better
    admit(request, scope, authenticator, limiter).then(() => done(), done);
  });
}

/** @throws LedgerError `unauthorized`, `forbidden`, `rate-limited`, `invalid-request` */
async function admit(
  request: FastifyRequest,
  scope: Scope,
  authenticator: Authenticator,
  limiter: FailureLimiter,
): Promise<void> {
  const token = bearerOf(request);
  if (token === undefined) throw noCredentials(scope);
  const caller = await authenticator.authenticate(token);
  if (!caller) {
    const retryAfterSeconds = limiter.count(request.ip);
    if (retryAfterSeconds === undefined) throw invalidToken();
    throw new LedgerError('rate-limited', 'too many wrong tokens from your address', { retryAfterSeconds });
  }
  request.caller = caller;
  if (!caller.scopes.has(scope)) throw insufficientScope(scope);
}
