import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { PostgresLedgerStore } from '../../src/storage/postgres/postgres-ledger-store.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { testSealer } from '../support/test-sealer.js';
import { verifiedEct } from '../support/verified-ect.js';
import { describeKeyHistory } from './key-history.contract.js';
import { describeLedgerStore, RULES } from './ledger-store.contract.js';
import { describeTrustStore } from './trust-store.contract.js';

describeLedgerStore('PostgresLedgerStore', open);
describeKeyHistory('PostgresLedgerStore', open);
describeTrustStore('PostgresLedgerStore', open);

async function open() {
  let nowMs = 1_000;
  const database = await createTestDatabase();
  const store = await openStore(database.url, () => nowMs);
  return {
    store,
    keys: store.keys,
    trust: store.trust,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
}

describe('the tables of the ledger', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    const store = await openStore(database.url, Date.now);
    await store.append([[verifiedEct()]]);
    await store.close();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  afterEach(() => client.query('RESET session_replication_role'));

  const tables = ['entry', 'token', 'verification_key', 'key_use', 'leaf', 'tile_hashes', 'checkpoint'];
  const emptyTables = ['edge', 'key_revocation', 'trust_configuration'];

  it.each([...tables, ...emptyTables])(
    '%s refuses UPDATE, DELETE and TRUNCATE, from its owner and in replica mode too',
    async (table) => {
      for (const role of ['origin', 'replica']) {
        await client.query(`SET session_replication_role = ${role}`);
        await expect(client.query(`TRUNCATE "${table}"`)).rejects.toMatchObject({ code: '23001' });
        if (emptyTables.includes(table)) continue;
        await expect(client.query(`UPDATE "${table}" SET "log" = "log"`)).rejects.toMatchObject({
          code: '23001',
        });
        await expect(client.query(`DELETE FROM "${table}"`)).rejects.toMatchObject({ code: '23001' });
      }
    },
  );

  it('turns a second entry at one index into an error', async () => {
    await expect(client.query('INSERT INTO "entry" SELECT * FROM "entry"')).rejects.toMatchObject({
      code: '23505',
    });
  });
});

async function openStore(url: string, nowMs: () => number): Promise<PostgresLedgerStore> {
  const onFailure = (error: unknown) => {
    console.error(error);
  };
  const onProgress = () => undefined;
  return new PostgresLedgerStore({
    url,
    rules: RULES,
    sealer: await testSealer(),
    clock: { nowMs },
    onFailure,
    onProgress,
  });
}
