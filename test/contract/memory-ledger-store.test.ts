import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { testSealer } from '../support/test-sealer.js';
import { describeLedgerStore, RULES } from './ledger-store.contract.js';

describeLedgerStore('MemoryLedgerStore', async () => {
  let nowMs = 1_000;
  return {
    store: new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => nowMs }),
    setNow: (ms: number) => {
      nowMs = ms;
    },
    close: () => Promise.resolve(),
  };
});
