import type { SubmittedEct } from '../application/record-ects.js';
import { claimOf } from '../domain/ect/claim-of.js';
import type { LedgerError } from '../domain/errors.js';
import { invalidRequest } from './problem.js';

/**
 * Gives the Workload Identity Tokens of a request to its ECTs: the one to the one, else by subject and issuer. Nothing is verified here; a
 * token that is given to the wrong one is refused later.
 *
 * @throws LedgerError `invalid-request` when it can't be said which belongs to which
 */
export function pairWits(ects: readonly SubmittedEct[], wits: readonly string[]): readonly SubmittedEct[] {
  const bare = ects.filter((ect) => typeof ect === 'string');
  if (bare.length < ects.length)
    throw fault('send Workload Identity Tokens in the body or in the header, not both');
  const [ect] = bare;
  const [wit] = wits;
  if (wit === undefined) throw fault('the Workload-Identity-Token header is empty');
  if (ect !== undefined && bare.length === 1 && wits.length === 1) return [{ ect, wit }];
  const witOf = bySubject(wits);
  return bare.map((one) => {
    const own = witOf.get(claimOf(one, 'iss'));
    return own === undefined ? one : { ect: one, wit: own };
  });
}

function bySubject(wits: readonly string[]): ReadonlyMap<unknown, string> {
  const witOf = new Map<unknown, string>();
  for (const wit of wits) {
    const subject = claimOf(wit, 'sub');
    if (typeof subject !== 'string') throw fault('a Workload-Identity-Token is no token with a "sub"');
    if (witOf.has(subject))
      throw fault('two Workload Identity Tokens have one subject; send each in the body, beside its token');
    witOf.set(subject, wit);
  }
  return witOf;
}

function fault(message: string): LedgerError {
  return invalidRequest([{ pointer: '', message }]);
}
