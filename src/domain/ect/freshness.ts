import { LedgerError } from '../errors.js';
import type { EctClaims } from './claims.js';

/** How far a token's times may be from ours, all in seconds. */
export interface FreshnessRules {
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  /** How long after `exp` a token may still be recorded; 0 forbids late recording. */
  readonly maxDelaySeconds: number;
}

/**
 * ECT §7 check 10: the ledger's own id must be in `aud`, when it has one.
 *
 * @throws LedgerError `wrong-audience`
 */
export function checkAudience(claims: EctClaims, ledgerId: string | undefined): void {
  if (ledgerId === undefined || claims.aud.includes(ledgerId)) return;
  throw new LedgerError('wrong-audience', `"aud" does not name this ledger, ${ledgerId}`);
}

/**
 * ECT §7 check 11. With a maximum delay, expiry and age are judged that much later (late recording).
 *
 * @param nowSeconds whole seconds since the epoch
 * @throws LedgerError `expired`, `not-yet-valid`, `too-old`
 */
export function checkFreshness(claims: EctClaims, nowSeconds: number, rules: FreshnessRules): void {
  const { maxAgeSeconds, clockSkewSeconds, maxDelaySeconds } = rules;
  if (claims.exp + maxDelaySeconds <= nowSeconds) {
    throw new LedgerError('expired', `the token expired at ${claims.exp}, now is ${nowSeconds}`);
  }
  if (claims.iat > nowSeconds + clockSkewSeconds) {
    throw new LedgerError(
      'not-yet-valid',
      `"iat" is more than ${clockSkewSeconds} s ahead of now, ${nowSeconds}`,
    );
  }
  if (claims.iat < nowSeconds - maxAgeSeconds - maxDelaySeconds) {
    throw new LedgerError(
      'too-old',
      `"iat" is more than ${maxAgeSeconds + maxDelaySeconds} s before now, ${nowSeconds}`,
    );
  }
}
