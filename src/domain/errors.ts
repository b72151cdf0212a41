/**
 * Every way in which the ledger says no. Codes are API (`/problems/<code>`), messages are help.
 * The HTTP status of each stands in one table in `http/problem.ts`, which must name them all to compile.
 */
export const PROBLEM_CODES = [
  // ECT §7, in the order of the checks
  'token-too-large',
  'malformed-token',
  'wrong-type',
  'algorithm-not-allowed',
  'invalid-header',
  'unknown-key',
  'revoked-key',
  'invalid-signature',
  'issuer-mismatch',
  'invalid-claims',
  'wrong-audience',
  'expired',
  'not-yet-valid',
  'too-old',
  // ECT §6
  'duplicate-jti',
  'missing-parent',
  'temporal-order',
  'cycle',
  'parent-policy',
  // requests
  'invalid-request',
  'unauthorized',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'ambiguous-jti',
  'request-too-large',
  'unsupported-media-type',
  'rate-limited',
  'overloaded',
  'store-unavailable',
  'internal-error',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** One fault of a claim, a body member or a parameter. `pointer` is a JSON pointer (RFC 6901). */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** Extra members of a problem, by code; they leave the process, so nothing internal belongs here. */
export interface ProblemExtras {
  readonly errors?: readonly Fault[];
  readonly parents?: readonly string[];
  readonly parent?: string;
  readonly wids?: readonly (string | null)[];
  readonly retryAfterSeconds?: number;
  readonly allow?: readonly string[];
  /** `WWW-Authenticate` (RFC 6750 §3). */
  readonly challenge?: string;
  /** Whether credentials without limits would be answered; the same for everything of its kind, whether it is there or not. */
  readonly isBeyondLimits?: boolean;
}

/** The one error of the ledger: a code that clients act on, a message that helps, extras that name what is wrong. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly extras: ProblemExtras = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
