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
  clock?: Clock,
  maxEntries?: number,
): (jti: string, expiresAtMs: number) => boolean {
  const memory = new SightingMemory(clock, maxEntries);
  return (jti, expiresAtMs) => memory.see(jti, expiresAtMs) !== undefined;
}

interface Sighting {
  readonly firstSeenAtMs: number;
  readonly expiresAtMs: number;
}

/** What was seen in one process, each until it expires. */
export class SightingMemory {
  private readonly sightings = new Map<string, Sighting>();
  private nextSweepMs = 0;

  constructor(
    private readonly clock: Clock = new SystemClock(),
    private readonly maxEntries = DEFAULT_MAX_ENTRIES,
  ) {}

  /**
   * Tells when `key` was first seen; `undefined` says that it was not, and that it is remembered from now on.
   *
   * @throws LedgerError `overloaded` when the memory is full of unexpired ones: forgetting one would let it be replayed
   */
  see(key: string, expiresAtMs: number): number | undefined {
    const nowMs = this.clock.nowMs();
    const known = this.sightings.get(key);
    if (known && known.expiresAtMs > nowMs) return known.firstSeenAtMs;
    if (this.sightings.size >= this.maxEntries && nowMs >= this.nextSweepMs) {
      this.forgetExpired();
      this.nextSweepMs = nowMs + SWEEP_INTERVAL_MS;
    }
    if (this.sightings.size >= this.maxEntries && !this.sightings.has(key)) {
      throw new LedgerError('overloaded', 'the replay memory is full', { retryAfterSeconds: 1 });
    }
    this.sightings.set(key, { firstSeenAtMs: nowMs, expiresAtMs });
    return undefined;
  }

  /** Returns how many it forgot. */
  forgetExpired(): number {
    const nowMs = this.clock.nowMs();
    const before = this.sightings.size;
    for (const [key, { expiresAtMs }] of this.sightings) if (expiresAtMs <= nowMs) this.sightings.delete(key);
    return before - this.sightings.size;
  }
}
