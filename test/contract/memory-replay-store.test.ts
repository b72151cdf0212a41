import { expect, it } from '@jest/globals';
import { MemoryReplayStore } from '../../src/storage/memory/memory-replay-store.js';
import { codeOf } from '../support/problem.js';
import { TestClock } from '../support/service.js';
import { describeReplayStore } from './replay-store.contract.js';

describeReplayStore('MemoryReplayStore', () => {
  const clock = new TestClock();
  const store = new MemoryReplayStore(clock);
  return Promise.resolve({
    store,
    other: store,
    nowMs: () => Promise.resolve(clock.nowMs()),
    pass: (ms) => {
      clock.advance(ms);
      return Promise.resolve();
    },
    close: () => store.close(),
  });
});

it('refuses rather than forgets when it is full, and makes room once something is over its time', async () => {
  const clock = new TestClock();
  const store = new MemoryReplayStore(clock);
  const jti = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  const see = (n: number, ttl = 900) => store.see({ jti: jti(n), scope: undefined }, ttl);
  await see(0, 1);
  for (let n = 1; n < 100_000; n++) await see(n);
  expect(await codeOf(() => see(100_000))).toBe('overloaded');
  expect(await see(5)).toBe(clock.nowMs());
  clock.advance(1_000);
  expect(await see(100_000)).toBeUndefined();
});
