import type { Clock } from '../application/ports/clock.js';
import { sourceOf } from './source-address.js';

/** Wrong credentials that one source may send within the window before it is told to wait. */
const FAILURES_ALLOWED = 20;
const WINDOW_MS = 60_000;

/** Sources remembered at once, about 1 MB; beyond it the one that failed first is forgotten. */
const MAX_SOURCES = 10_000;

interface Failures {
  readonly sinceMs: number;
  count: number;
}

/**
 * Counts wrong credentials by source address. Only those who fail are limited: right credentials are let in whatever others behind the same
 * address sent, so that nobody can lock a neighbour out.
 */
export class FailureLimiter {
  /** By source, in the order of their first failure. */
  readonly #failures = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  /** Counts a failure. @returns the seconds to wait when there were too many, else `undefined` */
  count(address: string): number | undefined {
    const source = sourceOf(address);
    const nowMs = this.clock.nowMs();
    const failures = this.#current(source, nowMs);
    failures.count++;
    if (failures.count <= FAILURES_ALLOWED) return undefined;
    return Math.max(1, Math.ceil((failures.sinceMs + WINDOW_MS - nowMs) / 1000));
  }

  #current(source: string, nowMs: number): Failures {
    const known = this.#failures.get(source);
    if (known && nowMs < known.sinceMs + WINDOW_MS) return known;
    this.#failures.delete(source);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_SOURCES && oldest !== undefined) this.#failures.delete(oldest);
    const fresh = { sinceMs: nowMs, count: 0 };
    this.#failures.set(source, fresh);
    return fresh;
  }
}
