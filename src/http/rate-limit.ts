import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANYONE } from '../application/caller.js';
import type { Clock } from '../application/ports/clock.js';
import { LedgerError } from '../domain/errors.js';
import { sourceOf } from './source-address.js';

export interface RateLimit {
  /** Requests that one caller may send a minute; so many may come at once. */
  readonly perMinute: number;
  readonly clock: Clock;
}

/** Callers remembered at once, about 2 MB; beyond it the one that was quiet longest is forgotten. */
const MAX_BUCKETS = 10_000;
/** What watches the service must not make it look dead. */
const UNLIMITED = new Set(['/health/live', '/health/ready']);

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * Token buckets by caller: a caller may send a minute's worth at once, and then as it refills. Unlike a count by the clock's minute it never
 * lets two minutes' worth through around a full minute.
 */
export class RateLimiter {
  /** In the order of their last use. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly limit: RateLimit) {}

  /** Takes one request of `caller`. @returns the seconds to wait when there is none left, else `undefined` */
  take(caller: string): number | undefined {
    const { perMinute, clock } = this.limit;
    const nowMs = clock.nowMs();
    const { tokens, filledAtMs } = this.buckets.get(caller) ?? { tokens: perMinute, filledAtMs: nowMs };
    // A clock that was set back refills nothing.
    const refilled = Math.min(perMinute, tokens + (Math.max(0, nowMs - filledAtMs) * perMinute) / 60_000);
    const isAllowed = refilled >= 1;
    this.remember(caller, { tokens: isAllowed ? refilled - 1 : refilled, filledAtMs: nowMs });
    return isAllowed ? undefined : Math.max(1, Math.ceil(((1 - refilled) * 60) / perMinute));
  }

  private remember(caller: string, bucket: Bucket): void {
    this.buckets.delete(caller);
    const [quietest] = this.buckets.keys();
    if (this.buckets.size >= MAX_BUCKETS && quietest !== undefined) this.buckets.delete(quietest);
    this.buckets.set(caller, bucket);
  }
}

/** Answers `rate-limited` to callers that send too much. Call after the guard, which says who they are, and before any route is known. */
export function limitRates(fastify: FastifyInstance, limit: RateLimit): void {
  const limiter = new RateLimiter(limit);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const wait = UNLIMITED.has(request.routeOptions.url ?? '') ? undefined : limiter.take(bucketOf(request));
    done(
      wait === undefined
        ? undefined
        : new LedgerError('rate-limited', `more than ${limit.perMinute} requests a minute`, {
            retryAfterSeconds: wait,
          }),
    );
  });
}

/** By name where credentials give one, else by source address. */
function bucketOf({ caller, ip }: FastifyRequest): string {
  const isKnown = caller !== null && caller !== ANYONE && caller.scopes.size > 0;
  return isKnown ? `caller ${caller.name}` : `source ${sourceOf(ip)}`;
}
