import { describe, expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordTrust } from '../../src/application/record-trust.js';
import { Sequencer } from '../../src/application/sequencer.js';
import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { RULES } from '../contract/ledger-store.contract.js';
import { SilentMetrics, testSealer } from '../support/test-sealer.js';

const files = (text: string) => new TextEncoder().encode(text);

describe('RecordTrust', () => {
  test('tries again until the change is in the log, says so meanwhile, and only then lets new keys in', async () => {
    const store = new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => 1_000 });
    let isDown = true;
    const failing = {
      ...bound(store),
      recordTrust: (bytes: Uint8Array) =>
        isDown ? Promise.reject(new Error('down')) : store.trust.recordTrust(bytes),
    };
    const sequencer = new Sequencer(store, new SilentMetrics(), { queueLimit: 10, batchLimit: 10 });
    const failures: unknown[] = [];
    const subject = new RecordTrust(failing, sequencer, (error) => failures.push(error));
    const onRecorded = jest.fn();
    await subject.record(files('one'), onRecorded);
    expect(onRecorded).not.toHaveBeenCalled();
    expect(failures).toHaveLength(1);
    expect(() => {
      subject.checkRecorded();
    }).toThrow(expect.objectContaining({ code: 'store-unavailable' }));
    isDown = false;
    for (let waited = 0; onRecorded.mock.calls.length === 0 && waited < 100; waited++) await sleep(100);
    expect(onRecorded).toHaveBeenCalledTimes(1);
    subject.checkRecorded();
    subject.close();
  });

  test('a version that was overtaken is not put in force', async () => {
    const store = new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => 1_000 });
    const sequencer = new Sequencer(store, new SilentMetrics(), { queueLimit: 10, batchLimit: 10 });
    const subject = new RecordTrust(store.trust, sequencer, () => undefined);
    const [first, second] = [jest.fn(), jest.fn()];
    await Promise.all([subject.record(files('one'), first), subject.record(files('two'), second)]);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
    subject.close();
  });
});

function bound({ trust }: MemoryLedgerStore) {
  return {
    revoke: trust.revoke.bind(trust),
    configurationAt: trust.configurationAt.bind(trust),
  };
}
