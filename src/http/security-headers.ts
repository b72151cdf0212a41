import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Everything from ourselves; Swagger UI brings inline styles and data: images. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

const ONE_YEAR_SECONDS = 31_536_000;

type Headers = Readonly<Record<string, number | string | string[] | undefined>>;

/** Puts helmet's headers on every reply. They never differ, so helmet works them out for the first reply only. */
export async function addSecurityHeaders(
  fastify: FastifyInstance,
  { isTls }: { readonly isTls: boolean },
): Promise<void> {
  await fastify.register(helmet, {
    global: false,
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // RFC 6797 §7.2: not over HTTP; with a proxy in front it is the proxy's to say.
    hsts: isTls && { maxAge: ONE_YEAR_SECONDS, includeSubDomains: false },
  });
  let headers: Headers | undefined;
  fastify.addHook('onRequest', (_request, reply, done) => {
    headers ??= headersOfHelmet(reply);
    reply.headers(headers);
    done();
  });
}

function headersOfHelmet(reply: FastifyReply): Headers {
  reply.helmet();
  const headers: Headers = { ...reply.raw.getHeaders() };
  for (const name of Object.keys(headers)) reply.raw.removeHeader(name);
  return headers;
}
