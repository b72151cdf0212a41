import { SCOPES, type Scope } from '../domain/access-token.js';
import { LedgerError } from '../domain/errors.js';

/**
 * What of the ledger there is for a caller: tasks of these workflows (lower case) and of issuers of these trust domains; both where both
 * are given, everything where neither is.
 */
export interface Visibility {
  readonly workflows?: ReadonlySet<string> | undefined;
  readonly trustDomains?: ReadonlySet<string> | undefined;
}

/** Who sent a request, as the credentials say. */
export interface Caller {
  /** For the access log. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Hold for reading and for recording. */
  readonly limits: Visibility;
}

export const EVERYTHING: Visibility = Object.freeze({});

/** The caller of a ledger that asks nobody for credentials. */
export const ANYONE: Caller = Object.freeze({
  name: 'anyone',
  scopes: new Set(SCOPES),
  limits: EVERYTHING,
});

export function isLimited({ workflows, trustDomains }: Visibility): boolean {
  return workflows !== undefined || trustDomains !== undefined;
}

/**
 * For what tells of every entry at once.
 *
 * @param what such as 'metrics are'
 * @throws LedgerError `not-found` where anything is out of sight
 */
export function checkSeesAll(visibility: Visibility, what: string): void {
  if (isLimited(visibility))
    throw new LedgerError('not-found', `${what} for those who may read every entry`, {
      isBeyondLimits: true,
    });
}

/** The authority of a SPIFFE id or an https URL exactly as written; other issuers belong to no trust domain. */
export function trustDomainOf(iss: string): string | undefined {
  return /^(?:spiffe|https):\/\/([^/]+)/.exec(iss)?.[1];
}

/** Whether a task is there for somebody. What it denies must look like what does not exist. */
export function canSee(
  { workflows, trustDomains }: Visibility,
  { wid, iss }: { readonly wid?: string | undefined; readonly iss: string },
): boolean {
  return holds(workflows, wid) && holds(trustDomains, trustDomainOf(iss));
}

/** Whether anything of this workflow or this issuer is there for somebody: if not, nobody need look, and nothing can be told by the time that takes. */
export function mayBeThere(
  { workflows, trustDomains }: Visibility,
  { wid, iss }: { readonly wid?: string | undefined; readonly iss?: string | undefined },
): boolean {
  return (
    (wid === undefined || holds(workflows, wid)) &&
    (iss === undefined || holds(trustDomains, trustDomainOf(iss)))
  );
}

function holds(allowed: ReadonlySet<string> | undefined, value: string | undefined): boolean {
  return allowed === undefined || (value !== undefined && allowed.has(value));
}
