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

  it('lets others in while work steps aside, and counts it again when it is back', async () => {
    const gate = new Gate(1);
    const order: string[] = [];
    let answer: (value: string) => void = () => undefined;
    const slow = gate.run(async () => {
      order.push(await gate.stepAside(new Promise<string>((resolve) => (answer = resolve))));
      await nextTurn();
      order.push('slow is done');
    });
    await gate.run(() => Promise.resolve(order.push('quick')));
    const busy = gate.run(async () => {
      answer('answered');
      await nextTurn();
      order.push('busy is done');
    });
    const last = gate.run(() => Promise.resolve(order.push('last')));
    await Promise.all([slow, busy, last]);
    expect(order).toEqual(['quick', 'busy is done', 'last', 'answered', 'slow is done']);
  });

  it('makes room also when what was waited for failed', async () => {
    const gate = new Gate(1);
    const failed = gate.run(() => gate.stepAside(Promise.reject(new Error('failed'))));
    await expect(failed).rejects.toThrow('failed');
    await expect(gate.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });
});
