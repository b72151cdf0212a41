import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Gate } from '../../src/application/gate.js';

describe('Gate', () => {
  it('lets no more run at a time than its limit, and all of them in the end', async () => {
    const gate = new Gate(3);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
    };

    await Promise.all(Array.from({ length: 20 }, () => gate.run(work)));

    expect([most, running]).toEqual([3, 0]);
  });

  it('starts what waits in the order it came and answers each with its own result', async () => {
    const gate = new Gate(1);
    const started: number[] = [];
    const work = (number: number) => async (): Promise<number> => {
      started.push(number);
      await nextTurn();
      return number;
    };

    const results = await Promise.all([1, 2, 3].map((number) => gate.run(work(number))));

    expect(results).toEqual([1, 2, 3]);
    expect(started).toEqual([1, 2, 3]);
  });

  it('makes room also after work that failed', async () => {
    const gate = new Gate(1);
    const failure = new Error('failed');

    const failed = gate.run(() => Promise.reject(failure));
    const next = gate.run(() => Promise.resolve('done'));

    await expect(failed).rejects.toBe(failure);
    await expect(next).resolves.toBe('done');
  });
});
