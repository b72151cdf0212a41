import { LedgerError } from '../domain/errors.js';
import { type Clock, SystemClock } from './ports/clock.js';

/**
 * Says whether `jti` was seen before and from now on answers yes until `expiresAtMs` (milliseconds since the epoch), as one atomic act.
 */
export type SeenFunction = (jti: string, expiresAtMs: number) => boolean | Promise<boolean>;

/** Tokens remembered at once by the in-memory form; ours, about 20 MB. */
const DEFAULT_MAX_ENTRIES = 100_000;

/** How often a full memory is searched for expired entries at most, so that a flood does not pay a sweep per token. */
const SWEEP_INTERVAL_MS = 1000;

/**
 * Remembers which tokens a verifier has accepted, so that each is accepted once. Alone it remembers in memory; verifiers behind a load
 * balancer share one memory by giving a `SeenFunction`, such as one that asks the ledger's `POST /replay`.
 */
export class ReplayCache {
  readonly #seen: SeenFunction;

  constructor(seen?: SeenFunction) {
    this.#seen = seen ?? seenInMemory();
  }

  /** @param expiresAtMs when the token can no longer be accepted anyway, in milliseconds since the epoch */
  async seen(jti: string, expiresAtMs: number): Promise<boolean> {
    return this.#seen(jti.toLowerCase(), expiresAtMs);
  }
}

/**
 * A `SeenFunction` for one process.
 *
 * @throws LedgerError `overloaded` when `maxEntries` unexpired ones are remembered: forgetting one would let it be replayed
 */
export function seenInMemory(
  clock: Clock = new SystemClock(),
  maxEntries = DEFAULT_MAX_ENTRIES,
): (jti: string, expiresAtMs: number) => boolean {
  const expiryMs = new Map<string, number>();
  let nextSweepMs = 0;
  return (jti, expiresAtMs) => {
    const nowMs = clock.nowMs();
    if ((expiryMs.get(jti) ?? 0) > nowMs) return true;
    if (expiryMs.size >= maxEntries && nowMs >= nextSweepMs) {
      for (const [known, knownExpiryMs] of expiryMs) if (knownExpiryMs <= nowMs) expiryMs.delete(known);
      nextSweepMs = nowMs + SWEEP_INTERVAL_MS;
    }
    if (expiryMs.size >= maxEntries && !expiryMs.has(jti)) {
      throw new LedgerError('overloaded', 'the replay memory is full', { retryAfterSeconds: 1 });
    }
    expiryMs.set(jti, expiresAtMs);
    return false;
  };
}
