import { LedgerError, type Fault, type ProblemCode } from '../domain/errors.js';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** When it happens and what to do about it; shown on `/problems/<code>`. */
  readonly help: string;
}

/** The one table from codes to HTTP. A code without a row does not compile. */
export const PROBLEM_KINDS: Readonly<Record<ProblemCode, ProblemKind>> = {
  'token-too-large': {
    status: 413,
    title: 'Token too large',
    help: 'The token has more bytes than the ledger takes (ECT_MAX_BYTES, 16384 unless configured). Move bulky data out of the extension object and record its hash in inp_hash or out_hash.',
  },
  'malformed-token': {
    status: 400,
    title: 'Not a compact JWS',
    help: 'A token is three base64url parts without padding, separated by dots; header and payload are JSON objects in UTF-8 that name no member twice. Send it exactly as your JOSE library made it.',
  },
  'wrong-type': {
    status: 400,
    title: 'Unknown token type',
    help: 'The JOSE header "typ" must be wimse-exec+jwt or exec+jwt. Other JWTs are not recorded.',
  },
  'algorithm-not-allowed': {
    status: 400,
    title: 'Algorithm not allowed',
    help: 'The JOSE header "alg" is not on the allow-list (ES256; the operator can add others with ECT_ALGORITHMS). Unsigned tokens and shared secrets are never accepted.',
  },
  'invalid-header': {
    status: 400,
    title: 'Invalid JOSE header',
    help: 'The header must name the signing key in "kid" and must not carry "crit".',
  },
  'unknown-key': {
    status: 403,
    title: 'Unknown key',
    help: 'No trusted issuer of this "iss" has a key of this "kid" that serves this "alg". Ask the operator to add your public key: ect-ledger trust add. In a SPIFFE trust domain that the ledger trusts, send a Workload Identity Token along; if you did, the detail says why it vouches for no key.',
  },
  'revoked-key': {
    status: 403,
    title: 'Revoked key',
    help: 'The key was withdrawn. Sign with a new key and have it added to the ledger.',
  },
  'invalid-signature': {
    status: 403,
    title: 'Invalid signature',
    help: 'The signature is not that of the trusted key over these bytes: the token was altered on its way, or another key signed it under the same "kid".',
  },
  'issuer-mismatch': {
    status: 403,
    title: 'Key of another issuer',
    help: 'The key that verifies the token belongs to somebody other than its "iss". Each issuer signs with its own key.',
  },
  'invalid-claims': {
    status: 422,
    title: 'Invalid claims',
    help: 'The signature is right but claims are missing or malformed. "errors" lists them all, each with a JSON pointer into the payload. Correct them and sign again.',
  },
  'wrong-audience': {
    status: 403,
    title: 'Not meant for this ledger',
    help: 'The claim "aud" does not name this ledger. Add the ledger\'s identity to "aud" and sign again.',
  },
  expired: {
    status: 422,
    title: 'Token expired',
    help: 'The token\'s "exp" has passed. Record tasks as soon as they finish; the operator can allow late recording with ECT_MAX_DELAY_SECONDS.',
  },
  'not-yet-valid': {
    status: 422,
    title: 'Token from the future',
    help: 'The token\'s "iat" is further ahead than the tolerated clock skew. Check the issuer\'s clock.',
  },
  'too-old': {
    status: 422,
    title: 'Token too old',
    help: 'The token\'s "iat" is longer ago than the ledger accepts (ECT_MAX_AGE_SECONDS, 900 unless configured). Record tasks as soon as they finish.',
  },
  'duplicate-jti': {
    status: 409,
    title: 'Task already recorded',
    help: 'Another token is recorded for this task. A retry must send the same bytes: then the first recording is answered. A new task needs a new "jti".',
  },
  'missing-parent': {
    status: 422,
    title: 'Parent not recorded',
    help: '"parents" lists the parents that are not recorded (with a workflow: in the same workflow; without: exactly once anywhere). Record parents first, or all together as a batch.',
  },
  'temporal-order': {
    status: 422,
    title: 'Child before parent',
    help: 'The parent named in "parent" was issued after its child, beyond the tolerated clock skew. Check the clocks of the issuers.',
  },
  cycle: {
    status: 422,
    title: 'Cycle',
    help: 'The task would be its own ancestor: it names itself as parent, or tokens of one batch name each other in a circle.',
  },
  'parent-policy': {
    status: 422,
    title: 'Parent was not approved',
    help: 'The parent named in "parent" was rejected or awaits a human: only a remediation may follow (an exec_act on the remediation list, or compensation_required: true in the extension object).',
  },
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    help: '"errors" says what is wrong and where: /query/<name> is a query parameter, /path/<name> a part of the path, anything else a member of the body.',
  },
  unauthorized: {
    status: 401,
    title: 'Not authenticated',
    help: 'Send a token in the header Authorization: Bearer <token>. With LEDGER_AUTH=token the operator makes one with ect-ledger token create; with LEDGER_AUTH=jwt it is an access token of the OpenID provider, for this ledger as audience. One that is unknown, expired or revoked is refused like any other wrong one.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    help: 'Your token is valid but does not cover this: it lacks a scope (WWW-Authenticate names it), or is limited to workflows or trust domains to which this does not belong. Ask the operator for another one.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    help: 'There is nothing under this address. Check the path and the identifier; /docs lists every route.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    help: 'The path exists, but not for this method: the Allow header lists those that do. Entries are never changed or deleted.',
  },
  'ambiguous-jti': {
    status: 409,
    title: 'Several tasks have this jti',
    help: '"wids" lists the workflows that use this jti. Repeat the request with ?wid=<one of them>, or ?wid=none for the task without a workflow (null in the list).',
  },
  'request-too-large': {
    status: 413,
    title: 'Request too large',
    help: 'A batch holds at most 1000 tokens and 32 MiB, the headers at most 32 KiB. Split the request.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    help: 'Send one token as application/wimse-exec+jwt, application/exec+jwt, application/jwt or text/plain, or as application/json {"ect": "…"}; a batch as application/x-ndjson, text/plain or application/json {"ects": ["…"]}. UTF-8, no content coding.',
  },
  'rate-limited': { status: 429, title: 'Too many requests', help: 'Wait as long as Retry-After says.' },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    help: 'More tokens wait than the ledger keeps in line. Nothing was recorded; send the same bytes again after Retry-After.',
  },
  'store-unavailable': {
    status: 503,
    title: 'Store unavailable',
    help: 'The database did not answer, or the keys of an issuer could not be fetched; the detail says which. Nothing was acknowledged; send the same bytes again after Retry-After: if they were recorded after all, the first recording is answered.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    help: 'A defect of the ledger. The operator finds it in the log under the request id in "instance".',
  },
};

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEM_KINDS, text);
}

/** An RFC 9457 problem details object. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly instance: string;
  readonly errors?: readonly Fault[];
  readonly parents?: readonly string[];
  readonly parent?: string;
  readonly wids?: readonly (string | null)[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** The problem that tells a client of an error; `instance` is the request id. A 5xx says nothing of its cause. */
export function problemOf(error: LedgerError, requestId: string): Problem {
  const { status, title } = PROBLEM_KINDS[error.code];
  const { errors, parents, parent, wids } = error.extras;
  return {
    type: `/problems/${error.code}`,
    title,
    status,
    detail: error.code === 'internal-error' ? 'the request could not be answered' : error.message,
    code: error.code,
    instance: requestId,
    ...(errors && { errors }),
    ...(parents && { parents }),
    ...(parent !== undefined && { parent }),
    ...(wids && { wids }),
  };
}

/** A request that is wrong in itself. */
export function invalidRequest(errors: readonly Fault[]): LedgerError {
  const detail = errors
    .map(({ pointer, message }) => (pointer === '' ? message : `${pointer}: ${message}`))
    .join('; ');
  return new LedgerError('invalid-request', detail.slice(0, 1_000), { errors });
}
