import { beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Visibility } from '../../src/application/caller.js';
import { ReadLedger } from '../../src/application/read-ledger.js';
import { TraceDag } from '../../src/application/trace-dag.js';
import { MemoryLedgerStore } from '../../src/storage/memory/memory-ledger-store.js';
import { RULES } from '../contract/ledger-store.contract.js';
import { testSealer } from '../support/test-sealer.js';
import { verifiedEct } from '../support/verified-ect.js';

/** Says how often it was asked for tasks. */
class AskedStore extends MemoryLedgerStore {
  asked = 0;

  override search(...request: Parameters<MemoryLedgerStore['search']>) {
    this.asked++;
    return super.search(...request);
  }

  override workflow(...request: Parameters<MemoryLedgerStore['workflow']>) {
    this.asked++;
    return super.workflow(...request);
  }
}

describe('of a workflow or an issuer that the credentials leave out, however much is recorded', () => {
  const [wid, hiddenWid] = [randomUUID(), randomUUID()];
  const iss = 'spiffe://example.com/agent/a';
  const page = { order: 'asc', limit: 10 } as const;
  const ofWorkflow: Visibility = { workflows: new Set([wid]) };
  const ofDomain: Visibility = { trustDomains: new Set(['elsewhere.example']) };
  let store: AskedStore;
  let reader: ReadLedger;

  beforeEach(async () => {
    store = new AskedStore(RULES, await testSealer(), { nowMs: () => 1_000 });
    await store.append([[verifiedEct({ wid, iss }), verifiedEct({ wid: hiddenWid, iss })]]);
    reader = new ReadLedger(store);
  });

  test('the store is not even asked: what is hidden takes no more time than what is absent', async () => {
    for (const workflow of [hiddenWid, randomUUID()]) {
      expect((await reader.search({ wid: workflow }, page, ofWorkflow)).items).toEqual([]);
      const graph = new TraceDag(store, reader).workflow(workflow, 10, ofWorkflow);
      await expect(graph).rejects.toMatchObject({ code: 'not-found' });
    }
    for (const issuer of [iss, 'spiffe://example.com/nobody', 'urn:nobody'])
      expect((await reader.search({ iss: issuer }, page, ofDomain)).items).toEqual([]);
    expect(store.asked).toBe(0);
  });

  test('what may be there is looked for', async () => {
    expect((await reader.search({ wid, iss }, page, ofWorkflow)).items).toHaveLength(1);
    expect((await reader.search({ iss }, page, ofWorkflow)).items).toHaveLength(1);
    expect((await reader.search({ wid }, page, ofDomain)).items).toHaveLength(0);
    expect((await new TraceDag(store, reader).workflow(wid, 10, ofWorkflow)).nodes).toHaveLength(1);
    expect(store.asked).toBe(4);
  });
});
