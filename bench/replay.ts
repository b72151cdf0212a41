import { randomUUID } from 'node:crypto';
import type { Bench, Measured } from './bench.js';
import { CONNECTIONS } from './plan.js';
import { percentile } from './statistics.js';

export interface ReplayRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ReplayFigures {
  /** Tokens that were remembered when the load began. */
  readonly remembered: number;
  readonly fresh: ReplayRate;
  readonly seen: ReplayRate;
}

const QUESTIONS = 12_000;
/** What the service has to remove while it answers. */
const OVER_THEIR_TIME = 50_000;
const FILL = `
  INSERT INTO "replay" ("log", "jti", "scope", "first_seen_at_ms", "expires_at_ms")
  SELECT 0, gen_random_uuid(), '', 0, CASE WHEN n <= $1 THEN 1 ELSE 4102444800000 END FROM generate_series(1, $1 + $2::int) n`;

/** Shared replay detection: tokens that are new, each a row made durable, then the same ones again. */
export async function measureReplay(bench: Bench, remembered: number): Promise<ReplayFigures> {
  bench.tell(`replay detection with ${remembered} tokens remembered`);
  await bench.fill(FILL, [OVER_THEIR_TIME, remembered]);
  const questions = Array.from({ length: QUESTIONS }, () => JSON.stringify({ jti: randomUUID() }));
  const ask = (expected: string): Promise<Measured> =>
    bench.measure(CONNECTIONS, (client) => client.checkReplays(questions, expected));
  const fresh = rateOf(await ask('{"seen":false'));
  const seen = rateOf(await ask('{"seen":true'));
  return { remembered, fresh, seen };
}

function rateOf({ seconds, latenciesMs }: Measured): ReplayRate {
  return {
    perSecond: latenciesMs.length / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}
