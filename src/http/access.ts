import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANYONE, type Caller, type Scope } from '../application/caller.js';
import { LedgerError } from '../domain/errors.js';

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

/** Routes of libraries, which can't say what they need: they hold nothing of the ledger. */
const PUBLIC_DOCUMENTS = /^\/(docs(\/.*)?|openapi\.json|assets\/\*)$/;

/** Declares what a caller needs for a route. A route without it does not start. */
export function Needs(scope: RouteScope): MethodDecorator {
  return applyDecorators(RouteConfig({ scope }), ApiExtension('x-required-scope', scope));
}

/** Who sent the request; what is in `limits` goes to every use case that reads. */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw new LedgerError('internal-error', 'a request came past the guard');
  return caller;
}

/** Puts the caller on every request. Call before any route is known. */
export function guardRoutes(fastify: FastifyInstance): void {
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRoute', ({ url, config }) => {
    if (config?.scope === undefined && !PUBLIC_DOCUMENTS.test(url))
      throw new Error(`the route ${url} does not say what it needs`);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.caller = ANYONE;
    done();
  });
}
