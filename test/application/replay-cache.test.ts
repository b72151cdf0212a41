import { describe, expect, it } from '@jest/globals';
import { ReplayCache, seenInMemory } from '../../src/application/replay-cache.js';
import { codeOf } from '../support/problem.js';

describe('ReplayCache', () => {
  it('answers no once and yes after, whatever the case', async () => {
    const cache = new ReplayCache();
    const later = Date.now() + 60_000;
    expect(await cache.seen('AA', later)).toBe(false);
    expect(await cache.seen('aa', later)).toBe(true);
    expect(await cache.seen('bb', later)).toBe(false);
  });

  it('asks the function it was given', async () => {
    const asked: unknown[] = [];
    const cache = new ReplayCache((...args) => Promise.resolve(asked.push(args) > 0));
    expect(await cache.seen('aa', 7)).toBe(true);
    expect(asked).toEqual([['aa', 7]]);
  });
});

describe('seenInMemory', () => {
  it('forgets at the time of expiry', () => {
    let nowMs = 1000;
    const seen = seenInMemory({ nowMs: () => nowMs });
    expect(seen('a', 2000)).toBe(false);
    nowMs = 1999;
    expect(seen('a', 2000)).toBe(true);
    nowMs = 2000;
    expect(seen('a', 3000)).toBe(false);
    expect(seen('a', 3000)).toBe(true);
  });

  it('refuses rather than forgets when it is full, and makes room once something expired', async () => {
    let nowMs = 0;
    const seen = seenInMemory({ nowMs: () => nowMs }, 2);
    seen('a', 1500);
    seen('b', 9000);
    expect(await codeOf(() => seen('c', 9000))).toBe('overloaded');
    expect(seen('b', 9000)).toBe(true);
    nowMs = 1500;
    expect(seen('c', 9000)).toBe(false);
    expect(seen('b', 9000)).toBe(true);
    expect(await codeOf(() => seen('a', 9000))).toBe('overloaded');
  });
});
