import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import { LedgerError } from '../domain/errors.js';
import { drainWhenStopping } from './drain.js';
import { invalidRequest, problemOf, PROBLEM_MEDIA_TYPE } from './problem.js';
import { sendProblem } from './problem-filter.js';
import type { PrometheusMetrics } from './prometheus-metrics.js';
import { noQuerySchema } from './query-schemas.js';
import { faultsOf } from './request-pipe.js';
import { addSecurityHeaders } from './security-headers.js';
import { REPLAY_MAX_BYTES } from './replay-representations.js';
import { BATCH_MAX_BYTES } from './submission.js';

/** All headers of a request together, in bytes. */
const MAX_HEADER_BYTES = 32 * 1024;
/** A client that takes longer to send its headers, or its whole request, is cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** How often that is looked at; Node's own is half a minute. */
const CHECK_INTERVAL_MS = 1_000;
/** A connection over which nothing moves for so long is closed: a client that does not read its answer. */
const SILENCE_TIMEOUT_MS = 120_000;
/** Beyond it new connections are closed at once; each takes a file descriptor and some memory. */
const MAX_CONNECTIONS = 4_000;

const SINGLE_HEADERS = ['host', 'content-type'];

/** What Fastify does not route by itself, or not without a look at the body. CONNECT names no path. */
const UNUSED_METHODS = METHODS.filter(
  (method) =>
    !['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'].includes(method),
);

/** What a Workload Identity Token takes beside its token, the JSON around it included. */
const WIT_MAX_BYTES = 32 * 1024;

const SERVER_OPTIONS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  // Node would answer without a problem: see refuseAmbiguousHeaders.
  requireHostHeader: false,
};

export interface HttpOptions {
  /** Size of one token in bytes. */
  readonly maxTokenBytes: number;
  /** Addresses and networks of proxies whose X-Forwarded headers are believed. */
  readonly trustProxy: readonly string[];
  /** Without it the service speaks HTTP. */
  readonly tls: SecureContextOptions | undefined;
}

/** Fastify as the ledger needs it: bodies as bytes, problems for every failure, its own limits. */
export async function createFastify(
  metrics: PrometheusMetrics,
  options: HttpOptions,
): Promise<FastifyAdapter> {
  const { trustProxy, tls } = options;
  const adapter = new FastifyAdapter({
    logger: { level: 'info', stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BATCH_MAX_BYTES,
    ...serverOptions(tls),
    connectionTimeout: SILENCE_TIMEOUT_MS,
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What still comes over an open connection while the service stops is answered like the rest.
    return503OnClosing: false,
    // What is too long to be a name is for the schemas to say.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(error, request, reply);
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  acceptAnyBodyAsBytes(fastify);
  limitTokenBodies(fastify, options);
  fastify.server.maxConnections = MAX_CONNECTIONS;
  countRequests(fastify, metrics);
  refuseAmbiguousHeaders(fastify);
  refuseQueriesOfDocuments(fastify);
  ignoreUnknownExpectations(fastify);
  drainWhenStopping(fastify);
  await addSecurityHeaders(fastify, { isTls: tls !== undefined });
  return adapter;
}

/** Node takes the limits of a TLS server among the options of its certificate. */
function serverOptions(tls: SecureContextOptions | undefined): object {
  if (!tls) return { http: SERVER_OPTIONS };
  return { https: { ...tls, ...SERVER_OPTIONS, handshakeTimeout: HEADERS_TIMEOUT_MS } };
}

/** The controllers judge the Content-Type themselves, so that every fault gets its own problem. */
function acceptAnyBodyAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}

/** One token and the JSON around it need far less than a batch, a question about one even less. */
function limitTokenBodies(fastify: FastifyInstance, { maxTokenBytes }: HttpOptions): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/ledger' && route.method === 'POST')
      route.bodyLimit = 4 * maxTokenBytes + WIT_MAX_BYTES;
    if (route.url === '/replay') route.bodyLimit = REPLAY_MAX_BYTES;
  });
}

function countRequests(fastify: FastifyInstance, metrics: PrometheusMetrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.answered(
      request.routeOptions.url ?? 'none',
      request.method,
      reply.statusCode,
      reply.elapsedTime / 1000,
    );
    done();
  });
}

/**
 * RFC 9112 §3.2: an HTTP/1.1 request without Host, or any with two, MUST be answered with 400. The same for two types of one body: Node keeps
 * the first, a proxy in between may have gone by the last.
 */
function refuseAmbiguousHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    const isMissing = raw.httpVersion === '1.1' && raw.headers.host === undefined;
    const repeated = repeatedHeader(raw);
    const fault = isMissing
      ? 'the Host header is missing'
      : repeated && `there is more than one ${repeated} header`;
    done(fault === undefined ? undefined : invalidRequest([{ pointer: '', message: fault }]));
  });
}

function repeatedHeader({ rawHeaders, headers }: IncomingMessage): string | undefined {
  if (rawHeaders.length === 2 * Object.keys(headers).length) return undefined;
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  return SINGLE_HEADERS.find((name) => names.indexOf(name) < names.lastIndexOf(name));
}

/** Swagger serves these and would ignore what it does not know; elsewhere the schema of a route says so. */
function refuseQueriesOfDocuments(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isDocument = ['/docs', '/docs/', '/openapi.json'].includes(request.routeOptions.url ?? '');
    const parsed =
      isDocument && request.method === 'GET' ? noQuerySchema.safeParse(request.query) : undefined;
    done(parsed?.error && invalidRequest(faultsOf(parsed.error.issues, '/query')));
  });
}

/** RFC 9110 §10.1.1: an expectation other than 100-continue may be ignored. Node would answer 417 without a problem. */
function ignoreUnknownExpectations(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (request, response) => {
    fastify.server.emit('request', request, response);
  });
}

/** Answers 405 with `Allow` wherever a path exists but not for the method. Call after all routes are known, before listening. */
export function refuseOtherMethods(
  fastify: FastifyInstance,
  routes: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const method of UNUSED_METHODS) fastify.addHttpMethod(method, { overrideExisting: true });
  for (const [url, methods] of routes) {
    const allow = [...methods].sort();
    const others = fastify.supportedMethods.filter((method) => !methods.has(method));
    const refuse: RouteOptions['handler'] = (request, reply) => {
      const message = `${request.method} is not possible here; ${allow.join(', ')} is`;
      sendProblem(new LedgerError('method-not-allowed', message, { allow }), request, reply);
    };
    fastify.route({ method: others, url, handler: refuse, config: { scope: 'public' } });
  }
}

/** Remembers which methods each path has. */
export function rememberRoutes(fastify: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const routes = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    routes.set(url, methods);
  });
  return routes;
}

/** What is no HTTP request never reaches a route: it is answered on the bare socket. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const known = isTooLarge
    ? new LedgerError('request-too-large', `the headers have more than ${MAX_HEADER_BYTES} bytes`)
    : invalidRequest([{ pointer: '', message: 'this is no HTTP request, or it came too slowly' }]);
  const status = isTooLarge ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify({ ...problemOf(known, randomUUID()), status });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      `Content-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
