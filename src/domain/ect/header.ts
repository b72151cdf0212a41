import type { JsonObject } from '../entry.js';
import { LedgerError } from '../errors.js';
import { type Profile, profileOfTyp } from './profile.js';

/** What the JOSE header says. Keys inside it (`jwk`, `jku`, `x5u`, `x5c`) are ignored. */
export interface EctHeader {
  readonly profile: Profile;
  readonly alg: SignatureAlgorithm;
  readonly kid: string;
}

/** Every algorithm that an operator may allow (ECT §4): asymmetric ones only, so `none` and HMAC can never be enabled. */
export const SIGNATURE_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'Ed25519', 'EdDSA'] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/**
 * ECT §7 checks 3 and 4, in that order.
 *
 * @param algorithms the operator's allow-list
 * @throws LedgerError `wrong-type`, `algorithm-not-allowed`, `invalid-header`
 */
export function checkHeader(header: JsonObject, algorithms: readonly string[]): EctHeader {
  const { typ, alg, kid } = header;
  const profile = profileOfTyp(typ);
  if (profile === undefined) throw new LedgerError('wrong-type', 'the header\'s "typ" is not that of an ECT');
  if (!isSignatureAlgorithm(alg) || !algorithms.includes(alg)) {
    throw new LedgerError(
      'algorithm-not-allowed',
      `the header's "alg" is not one of ${algorithms.join(', ')}`,
    );
  }
  if (typeof kid !== 'string' || kid === '') {
    throw new LedgerError('invalid-header', 'the header\'s "kid" must be a non-empty string');
  }
  // RFC 7515 §4.1.11: an extension that is not understood MUST be refused, and we understand none.
  if (Object.hasOwn(header, 'crit'))
    throw new LedgerError('invalid-header', 'the header\'s "crit" is not supported');
  return { profile, alg, kid };
}

function isSignatureAlgorithm(alg: unknown): alg is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((known) => known === alg);
}
