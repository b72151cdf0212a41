import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { describeLedgerStore, RULES } from './ledger-store.contract.js';

describeLedgerStore('MemoryLedgerStore', () => {
  let nowMs = 1_000;
  return Promise.resolve({
    store: new MemoryLedgerStore(RULES, { nowMs: () => nowMs }),
    setNow: (ms: number) => {
      nowMs = ms;
    },
    close: () => Promise.resolve(),
  });
});
