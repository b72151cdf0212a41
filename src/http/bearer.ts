import type { FastifyRequest } from 'fastify';
import { LedgerError } from '../domain/errors.js';
import type { Scope } from '../domain/access-token.js';
import { invalidRequest } from './problem.js';

/** RFC 9110 §11.1: the scheme in any case, spaces, then RFC 6750 §2.1: b64token. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

type BearerFault = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/** `WWW-Authenticate` (RFC 6750 §3); without `fault` where no credentials were sent. */
export function challenge(fault?: BearerFault, scope?: Scope): string {
  return [
    'Bearer realm="ect-ledger"',
    ...(fault === undefined ? [] : [`error="${fault}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
  ].join(', ');
}

/**
 * The token of a request; `undefined` without credentials, or with those of another scheme.
 *
 * @throws LedgerError `invalid-request` for credentials in several places: whoever sits in between may have looked at another one
 */
export function bearerOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  if (Object.hasOwn(request.query as object, 'access_token'))
    throw badCredentials(
      '/query/access_token',
      'send the token in the Authorization header: addresses are logged',
    );
  if (authorization === undefined) return undefined;
  // Node keeps the first of several.
  const names = request.raw.rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name));
  if (names.length > 1) throw badCredentials('', 'there is more than one Authorization header');
  if (!/^bearer(?![^ ])/i.test(authorization)) return undefined;
  // What is no token is nobody's.
  return BEARER.exec(authorization)?.[1] ?? '';
}

function badCredentials(pointer: string, message: string): LedgerError {
  const { code, message: detail, extras } = invalidRequest([{ pointer, message }]);
  return new LedgerError(code, detail, { ...extras, challenge: challenge('invalid_request') });
}

export function noCredentials(scope: Scope): LedgerError {
  return new LedgerError('unauthorized', 'send a token: Authorization: Bearer <token>', {
    challenge: challenge(undefined, scope),
  });
}

export function invalidToken(): LedgerError {
  return new LedgerError(
    'unauthorized',
    'the token is not valid: unknown, expired, revoked, or meant for somebody else',
    { challenge: challenge('invalid_token') },
  );
}

export function insufficientScope(scope: Scope): LedgerError {
  return new LedgerError('forbidden', `this needs the scope ${scope}, which your token does not have`, {
    challenge: challenge('insufficient_scope', scope),
  });
}
