import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AppendOutcome, LedgerStore } from '../../src/application/ports/ledger-store.js';
import { Metrics } from '../../src/application/ports/metrics.js';
import { Sequencer } from '../../src/application/sequencer.js';
import type { Receipt } from '../../src/domain/log/receipt.js';
import type { Entry, VerifiedEct } from '../../src/domain/entry.js';
import { LedgerError } from '../../src/domain/errors.js';
import { codeOf, problemOf } from '../support/problem.js';
import { verifiedEct } from '../support/verified-ect.js';

type Submissions = readonly (readonly VerifiedEct[])[];

/** A store whose appends end when the test says so. */
class PausedStore {
  readonly appends: { readonly submissions: Submissions; succeed(): void; fail(error: Error): void }[] = [];
  inFlight = 0;
  private nextIndex = 1;

  append(submissions: Submissions): Promise<readonly (readonly AppendOutcome[])[]> {
    this.inFlight++;
    return new Promise((resolve, reject) => {
      const succeed = () => {
        this.inFlight--;
        resolve(submissions.map((ects) => ects.map((ect) => this.record(ect))));
      };
      const fail = (error: Error) => {
        this.inFlight--;
        reject(error);
      };
      this.appends.push({ submissions, succeed, fail });
    });
  }

  private record({ ect }: VerifiedEct): AppendOutcome {
    return { kind: 'recorded', entry: { ect, index: this.nextIndex++ } as Entry, receipt: {} as Receipt };
  }
}

class CountedMetrics extends Metrics {
  depths: number[] = [];
  batches: number[] = [];
  override recorded(): void {}
  override rejected(): void {}
  override verified(): void {}
  override replayChecked(): void {}
  override keysFetched(): void {}
  override selfCheckFailed(): void {}
  override following(): void {}
  override followed(): void {}
  override appended(tokens: number): void {
    this.batches.push(tokens);
  }
  override queueDepth(tokens: number): void {
    this.depths.push(tokens);
  }
}

let store: PausedStore;
let metrics: CountedMetrics;

beforeEach(() => {
  store = new PausedStore();
  metrics = new CountedMetrics();
});

function sequencer(limits: { readonly queueLimit?: number; readonly batchLimit?: number } = {}): Sequencer {
  const port = store as unknown as LedgerStore;
  return new Sequencer(port, metrics, { queueLimit: 100, batchLimit: 10, ...limits });
}

const tokens = (count: number): readonly VerifiedEct[] => Array.from({ length: count }, () => verifiedEct());
const settled = () => new Promise((resolve) => setImmediate(resolve));
const ectsOf = (outcomes: readonly AppendOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'rejected' ? outcome.error.code : outcome.entry.ect));
const sizesOf = (submissions: Submissions | undefined) => submissions?.map((ects) => ects.length);

describe('the sequencer', () => {
  test('appends at once when it is idle, without waiting for others', async () => {
    const subject = sequencer();
    const ects = tokens(2);
    const outcomes = subject.submit(ects);
    expect(store.appends.map(({ submissions }) => submissions)).toEqual([[ects]]);
    store.appends[0]?.succeed();
    expect(ectsOf(await outcomes)).toEqual(ects.map(({ ect }) => ect));
  });

  test('collects what comes while one append is in flight, and appends it together in the order it came', async () => {
    const subject = sequencer();
    const submissions = [tokens(1), tokens(2), tokens(1), tokens(3)];
    const all = submissions.map((ects) => subject.submit(ects));
    await settled();
    expect(store.appends).toHaveLength(1);
    store.appends[0]?.succeed();
    await settled();
    expect(store.appends[1]?.submissions).toEqual(submissions.slice(1));
    store.appends[1]?.succeed();
    expect((await Promise.all(all)).map(ectsOf)).toEqual(
      submissions.map((ects) => ects.map(({ ect }) => ect)),
    );
    expect(metrics.batches).toEqual([1, 6]);
  });

  test('keeps an append within the batch limit; a larger submission goes alone', async () => {
    const subject = sequencer({ batchLimit: 10 });
    for (const count of [1, 6, 4, 1, 15, 9, 2]) subject.submit(tokens(count)).catch(() => undefined);
    for (let i = 0; i < 5; i++) {
      store.appends[i]?.succeed();
      await settled();
    }
    expect(store.appends.map(({ submissions }) => sizesOf(submissions))).toEqual([
      [1],
      [6, 4],
      [1],
      [15],
      [9],
      [2],
    ]);
  });

  test('fails exactly the requests of an append that failed', async () => {
    const subject = sequencer();
    const failure = new LedgerError('store-unavailable', 'gone');
    const first = subject.submit(tokens(1));
    const second = [subject.submit(tokens(2)), subject.submit(tokens(1))].map((one) =>
      one.catch((error: unknown) => error),
    );
    store.appends[0]?.succeed();
    await settled();
    const third = subject.submit(tokens(1));
    store.appends[1]?.fail(failure);
    await settled();
    store.appends[2]?.succeed();
    expect(await first).toHaveLength(1);
    for (const outcome of await Promise.all(second)) expect(outcome).toBe(failure);
    expect(await third).toHaveLength(1);
  });

  test('says overloaded when its queue is full, and takes more as soon as there is room', async () => {
    const subject = sequencer({ queueLimit: 5 });
    const inFlight = subject.submit(tokens(3));
    const waiting = subject.submit(tokens(5));
    const problem = await problemOf(() => subject.submit(tokens(1)));
    expect(problem).toMatchObject({ code: 'overloaded', extras: { retryAfterSeconds: 1 } });
    store.appends[0]?.succeed();
    await inFlight;
    await settled();
    const more = subject.submit(tokens(4));
    expect(await codeOf(() => subject.submit(tokens(2)))).toBe('overloaded');
    store.appends[1]?.succeed();
    await settled();
    store.appends[2]?.succeed();
    expect((await Promise.all([waiting, more])).map((outcomes) => outcomes.length)).toEqual([5, 4]);
    expect(Math.max(...metrics.depths)).toBe(5);
    expect(metrics.depths.at(-1)).toBe(0);
  });

  test('answers what it has accepted before it closes, and takes nothing more', async () => {
    const subject = sequencer();
    const accepted = [subject.submit(tokens(1)), subject.submit(tokens(1))];
    let isClosed = false;
    const closing = subject.close().then(() => (isClosed = true));
    expect(await problemOf(() => subject.submit(tokens(1)))).toMatchObject({
      code: 'overloaded',
      extras: { retryAfterSeconds: expect.any(Number) },
    });
    store.appends[0]?.succeed();
    await settled();
    expect(isClosed).toBe(false);
    store.appends[1]?.succeed();
    await closing;
    expect(await Promise.all(accepted)).toHaveLength(2);
  });

  test('gives each request its own outcomes, one append at a time, whatever comes when', async () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('succeed' as const, 'fail' as const, 'wait' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        store = new PausedStore();
        const subject = sequencer({ batchLimit: 5, queueLimit: 1000 });
        const failure = new LedgerError('store-unavailable', 'gone');
        const failed = new Set<VerifiedEct>();
        const requests: (readonly [readonly VerifiedEct[], Promise<readonly AppendOutcome[] | Error>])[] = [];
        let ended = 0;
        const end = (how: 'succeed' | 'fail') => {
          const append = store.appends[ended];
          if (!append) return;
          ended++;
          if (how === 'succeed') append.succeed();
          else for (const ect of append.submissions.flat()) failed.add(ect);
          if (how === 'fail') append.fail(failure);
        };
        for (const one of steps) {
          if (typeof one === 'number') {
            const ects = tokens(one);
            requests.push([ects, subject.submit(ects).catch((error: unknown) => error as Error)]);
          } else if (one === 'wait') await settled();
          else end(one);
          expect(store.inFlight).toBeLessThanOrEqual(1);
        }
        for (let round = 0; round < 100; round++) {
          end('succeed');
          await settled();
        }
        expect(store.appends.flatMap(({ submissions }) => submissions.flat())).toEqual(
          requests.flatMap(([ects]) => ects),
        );
        for (const [ects, request] of requests) {
          const outcome = await request;
          const [first] = ects;
          if (first && failed.has(first)) expect(outcome).toBe(failure);
          else expect(ectsOf(outcome as readonly AppendOutcome[])).toEqual(ects.map(({ ect }) => ect));
        }
      }),
      { numRuns: 50 },
    );
  });
});
