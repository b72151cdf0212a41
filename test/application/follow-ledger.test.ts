import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { ANYONE, type Caller, canSee, type Visibility } from '../../src/application/caller.js';
import { FollowLedger, type FollowLimits, type FollowRequest } from '../../src/application/follow-ledger.js';
import type { EntryFilter, LedgerStore, PageRequest } from '../../src/application/ports/ledger-store.js';
import type { Entry } from '../../src/domain/entry.js';
import { LedgerError } from '../../src/domain/errors.js';
import { SilentMetrics } from '../support/test-sealer.js';

const LIMITS: FollowLimits = {
  followers: 3,
  followersOfCaller: 2,
  pollMs: 20,
  gapMs: 2,
  heartbeatMs: 60_000,
  lifetimeMs: 60_000,
  credentialsMs: 60_000,
};
const WIDS = ['w0', 'w1'] as const;

/** A log that says what was asked of it. Leaves that are no entries are gaps. */
class ScriptedLog {
  readonly entries: Entry[] = [];
  leaves = 1;
  sizes = 0;
  readonly searched: PageRequest[] = [];
  isAway = false;

  append(isEntry = true): void {
    const index = this.leaves++;
    if (!isEntry) return;
    const claims = { wid: WIDS[index % 2], iss: `spiffe://${index % 3 === 0 ? 'a' : 'b'}.example/x` };
    this.entries.push({ index, claims } as unknown as Entry);
  }

  async size(): Promise<number> {
    this.sizes++;
    await this.answer();
    return this.leaves;
  }

  async search({ wid }: EntryFilter, page: PageRequest, limits: Visibility): Promise<readonly Entry[]> {
    this.searched.push(page);
    await this.answer();
    const found = this.entries.filter(
      ({ index, claims }) =>
        index > (page.afterIndex ?? -1) &&
        (wid === undefined || claims.wid === wid) &&
        canSee(limits, claims),
    );
    return found.slice(0, page.limit);
  }

  private async answer(): Promise<void> {
    await delay(Math.random() < 0.2 ? 1 : 0);
    if (this.isAway) throw new LedgerError('store-unavailable', 'away');
  }
}

let log: ScriptedLog;
let follower: FollowLedger;

const start = (limits: Partial<FollowLimits> = {}) =>
  new FollowLedger(log as unknown as LedgerStore, new SilentMetrics(), { ...LIMITS, ...limits });

beforeEach(() => {
  log = new ScriptedLog();
  follower = start();
});

afterEach(() => {
  follower.close();
});

/** Follows until the entry at `last` came. */
async function readUntil(last: number, request: FollowRequest, caller: Caller = ANYONE): Promise<number[]> {
  const indices: number[] = [];
  const { steps, stop } = follower.follow(request, caller);
  for await (const { entries, index } of steps) {
    indices.push(...entries.map((entry) => entry.index));
    expect(indices.every((one) => one <= index)).toBe(true);
    if (index >= last || indices.at(-1) === last) break;
  }
  stop();
  return indices;
}

describe('following', () => {
  test('gives every entry once and in order, while the log grows, whatever leaves lie between', async () => {
    const growth = fc.array(fc.array(fc.boolean(), { maxLength: 150 }), { maxLength: 8 });
    const visibility = fc.constantFrom<Visibility>(
      {},
      { trustDomains: new Set(['a.example']) },
      { workflows: new Set(['w1']) },
    );
    const wid = fc.constantFrom(undefined, ...WIDS);
    await fc.assert(
      fc.asyncProperty(growth, fc.nat(200), visibility, wid, async (steps, after, limits, asked) => {
        log = new ScriptedLog();
        follower = start({ heartbeatMs: 5 });
        for (let i = 0; i < after; i++) log.append(i % 7 !== 0);
        const from = Math.floor(after / 2);
        const total = after + steps.flat().length;
        const reading = readUntil(total, { afterIndex: from, wid: asked }, { ...ANYONE, limits });
        for (const leaves of steps) {
          await delay(Math.random() * 5);
          for (const isEntry of leaves) log.append(isEntry);
          if (leaves.length % 2 === 0) follower.appended();
        }
        expect(await reading).toEqual(
          log.entries
            .filter(({ index, claims }) => index > from && (asked === undefined || claims.wid === asked))
            .filter(({ claims }) => canSee(limits, claims))
            .map(({ index }) => index),
        );
        follower.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('notices what this instance appended without waiting for the next look', async () => {
    follower = start({ pollMs: 60_000 });
    const reading = readUntil(1, { afterIndex: 0 });
    await delay(30);
    log.append();
    follower.appended();
    expect(await reading).toEqual([1]);
  });

  test('reads for a slow reader at its pace, a page at a time, however far the log goes', async () => {
    for (let i = 0; i < 5_000; i++) log.append();
    const { steps, stop } = follower.follow({ afterIndex: 0 }, ANYONE);
    const iterator = steps[Symbol.asyncIterator]();
    await delay(30);
    expect(log.searched).toEqual([]);
    const { value } = (await iterator.next()) as { value: { entries: readonly Entry[] } };
    expect(value.entries.map(({ index }) => index)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    await delay(30);
    expect(log.searched).toEqual([{ order: 'asc', limit: 32, afterIndex: 0 }]);
    stop();
  });

  test('one look serves all who are at the end, and there are none without followers', async () => {
    const followings = [{ ...ANYONE, name: 'x' }, ANYONE].map((caller) =>
      readUntil(5, { afterIndex: 0 }, caller),
    );
    await delay(50);
    for (let i = 0; i < 5; i++) log.append();
    for (const indices of await Promise.all(followings)) expect(indices).toEqual([1, 2, 3, 4, 5]);
    expect(log.searched).toHaveLength(1);
    await delay(50);
    const { sizes } = log;
    await delay(100);
    expect(log.sizes).toBe(sizes);
  });

  test('outlives a store that is away for a while, without loss', async () => {
    for (let i = 0; i < 40; i++) log.append();
    const behind = readUntil(60, { afterIndex: 0 });
    const atEnd = readUntil(60, { afterIndex: 40 });
    await delay(10);
    log.isAway = true;
    await delay(60);
    for (let i = 0; i < 20; i++) log.append();
    await delay(60);
    log.isAway = false;
    expect(await behind).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(await atEnd).toEqual(Array.from({ length: 20 }, (_, i) => i + 41));
  });

  test('gives an empty step when nothing came for a while, also when others see something all the time', async () => {
    follower = start({ heartbeatMs: 40 });
    const caller = { ...ANYONE, limits: { workflows: new Set<string>() } };
    const { steps, stop } = follower.follow({ afterIndex: 0 }, caller);
    const writing = setInterval(() => {
      log.append();
    }, 3);
    const beats: number[] = [];
    for await (const { entries, index } of steps) {
      expect(entries).toEqual([]);
      beats.push(index);
      if (beats.length === 3) break;
    }
    clearInterval(writing);
    stop();
    expect(beats[2]).toBeGreaterThan(beats[0] ?? Infinity);
  });

  test('ends after its lifetime, on stop and when the service stops', async () => {
    follower = start({ lifetimeMs: 30 });
    await drained(follower.follow({ afterIndex: 0 }, ANYONE).steps);
    follower = start({ credentialsMs: 30 });
    const anonymous = follower.follow({ afterIndex: 0 }, ANYONE);
    await drained(follower.follow({ afterIndex: 0 }, { ...ANYONE, name: 'who may expire' }).steps);
    expect(anonymous.ended.aborted).toBe(false);
    follower.close();
    follower = start();
    const stopped = follower.follow({ afterIndex: 0 }, ANYONE);
    const other = follower.follow({ afterIndex: 0 }, ANYONE);
    stopped.stop();
    await drained(stopped.steps);
    expect(other.ended.aborted).toBe(false);
    follower.close();
    await drained(other.steps);
    expect(() => follower.follow({ afterIndex: 0 }, ANYONE)).toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
  });

  test('is refused beyond the limit of a caller and of the instance, and free again after stop', () => {
    const follow = (name: string) => follower.follow({ afterIndex: 0 }, { ...ANYONE, name });
    const overloaded = expect.objectContaining({ code: 'overloaded' });
    const first = follow('x');
    follow('x');
    expect(() => follow('x')).toThrow(overloaded);
    follow('y');
    expect(() => follow('z')).toThrow(overloaded);
    first.stop();
    first.stop();
    follow('x');
    expect(() => follow('z')).toThrow(overloaded);
  });
});

async function drained(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const step of steps) expect(step).toBeUndefined();
}
