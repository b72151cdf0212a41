import { describe, expect, test } from '@jest/globals';
import { EVERYTHING, type Visibility } from '../../src/application/caller.js';
import { ReadKeys } from '../../src/application/read-keys.js';
import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { RULES } from '../contract/ledger-store.contract.js';
import { testSealer } from '../support/test-sealer.js';
import { verifiedEct } from '../support/verified-ect.js';

const LIMITED: readonly Visibility[] = [
  { workflows: new Set(['550e8400-e29b-41d4-a716-446655440000']) },
  { trustDomains: new Set(['example.com']) },
];

describe('ReadKeys', () => {
  test.each(LIMITED)(
    'says nothing to whose sight is limited: the history is of all entries',
    async (limits) => {
      const store = new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => 1_000 });
      const ect = verifiedEct();
      await store.append([[ect]]);
      const keys = new ReadKeys(store.keys);
      await expect(keys.get(ect.jkt, limits)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(keys.list({ limit: 1 }, limits)).rejects.toMatchObject({ code: 'forbidden' });
      expect((await keys.list({ limit: 1 }, EVERYTHING)).items).toHaveLength(1);
    },
  );
});
