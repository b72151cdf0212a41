import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ReplayStore } from '../../src/application/ports/replay-store.js';

export interface ReplayStoreUnderTest {
  readonly store: ReplayStore;
  /** What another instance opens; the same object where there is but one. */
  readonly other: ReplayStore;
  /** Milliseconds since the epoch, by the clock that the store goes by. */
  nowMs(): Promise<number>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every `ReplayStore` promises. `open` gives an empty one. */
export function describeReplayStore(name: string, open: () => Promise<ReplayStoreUnderTest>): void {
  describe(`${name} as a ReplayStore`, () => {
    let subject: ReplayStoreUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    const see = (jti: string, { scope, ttl = 900, by = subject.store }: SeeOptions = {}) =>
      by.see({ jti, scope }, ttl);

    it('says once that a token is new, and then when it was first seen', async () => {
      const jti = randomUUID();
      const before = await subject.nowMs();
      expect(await see(jti)).toBeUndefined();
      const after = await subject.nowMs();
      const firstSeenAtMs = await see(jti);
      expect(firstSeenAtMs).toBeGreaterThanOrEqual(before);
      expect(firstSeenAtMs).toBeLessThanOrEqual(after);
      expect(await see(jti, { by: subject.other })).toBe(firstSeenAtMs);
      expect(await see(randomUUID())).toBeUndefined();
    });

    it('keeps scopes apart, having none among them', async () => {
      const jti = randomUUID();
      const scopes = [undefined, 'a', 'A', 'a ', 'ä', '😀', "'; DROP TABLE replay; --", 'x'.repeat(256)];
      for (const scope of scopes) expect([scope, await see(jti, { scope })]).toEqual([scope, undefined]);
      for (const scope of scopes)
        expect([scope, await see(jti, { scope })]).toEqual([scope, expect.any(Number)]);
    });

    it('lets exactly one of many at once be the first, on all instances together', async () => {
      for (const jti of Array.from({ length: 10 }, () => randomUUID())) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) => see(jti, { by: i % 2 ? subject.store : subject.other })),
        );
        const seenAt = answers.filter((answer) => answer !== undefined);
        expect(seenAt).toHaveLength(19);
        expect(new Set(seenAt).size).toBe(1);
      }
    });

    it('forgets after its time, which a later sighting does not prolong', async () => {
      const jti = randomUUID();
      await see(jti, { ttl: 1 });
      const kept = randomUUID();
      await see(kept, { ttl: 900 });
      await subject.pass(600);
      expect(await see(jti, { ttl: 900 })).toEqual(expect.any(Number));
      await subject.pass(450);
      const answers = await Promise.all(Array.from({ length: 8 }, () => see(jti, { by: subject.other })));
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
      expect(await see(kept)).toEqual(expect.any(Number));
    });

    it('removes what is over its time and nothing else', async () => {
      const kept = randomUUID();
      await see(kept, { ttl: 900 });
      for (let i = 0; i < 5; i++) await see(randomUUID(), { ttl: 1 });
      expect(await subject.store.forget(100)).toBe(0);
      await subject.pass(1_050);
      const removed = [await subject.store.forget(100), await subject.store.forget(100)];
      expect(removed).toEqual([5, 0]);
      expect(await see(kept)).toEqual(expect.any(Number));
    });
  });
}

interface SeeOptions {
  readonly scope?: string | undefined;
  readonly ttl?: number;
  readonly by?: ReplayStore;
}
