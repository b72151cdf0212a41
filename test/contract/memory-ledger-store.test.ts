import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { testSealer } from '../support/test-sealer.js';
import { describeKeyHistory } from './key-history.contract.js';
import { describeLedgerStore, RULES } from './ledger-store.contract.js';
import { describeTrustStore } from './trust-store.contract.js';

describeLedgerStore('MemoryLedgerStore', open);
describeKeyHistory('MemoryLedgerStore', open);
describeTrustStore('MemoryLedgerStore', open);

async function open() {
  let nowMs = 1_000;
  const store = new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => nowMs });
  return {
    store,
    keys: store.keys,
    trust: store.trust,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    close: () => Promise.resolve(),
  };
}
