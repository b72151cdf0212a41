import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, copyTestDatabase, type TestDatabase } from '../support/test-database.js';
import { asSuperuser, deepVerify, LogFiles, openStore, token, verified } from './ledger.js';

const text = (words: string) => new TextEncoder().encode(words);

/** Leaves: 0 genesis, 1 entry, 2 and 3 the first change of trust, 4 entry, 5 the second change. */
describe('deep verification of a log with changes of trust', () => {
  let files: LogFiles;
  let original: TestDatabase;

  beforeAll(async () => {
    files = await LogFiles.create();
    original = await createTestDatabase();
    const store = openStore(original.url, await files.sealer());
    await store.trust.recordTrust(text('one'));
    await store.append([[await verified(token())]]);
    await store.trust.recordTrust(text('two'));
    await store.append([[await verified(token())]]);
    await store.trust.recordTrust(text('three'));
    await store.close();
  });

  afterAll(async () => {
    await original.drop();
    await files.remove();
  });

  it('finds it sound', async () => {
    expect(await deepVerify(original.url, files)).toMatchObject({ size: 6, findings: [] });
  });

  const tamperings: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a configuration was changed',
      `UPDATE trust_configuration SET configuration = 'four' WHERE number = 3`,
      ['trust-changed@5'],
    ],
    [
      'the first one was changed',
      `UPDATE trust_configuration SET configuration = 'zero' WHERE number = 1`,
      ['trust-changed@2'],
    ],
    ['one is gone', 'DELETE FROM trust_configuration WHERE number = 3', ['trust-missing@5']],
    [
      'one stands elsewhere',
      'UPDATE trust_configuration SET index = 4 WHERE number = 3',
      ['trust-unexpected@4', 'trust-missing@5'],
    ],
  ];

  it.each(tamperings)('reports that %s', async (_done, sql, reported) => {
    const database = await copyTestDatabase(original);
    await asSuperuser(database.url, async (query) => {
      await query(sql);
    });
    const { findings } = await deepVerify(database.url, files);
    expect(findings.map(({ what, index }) => `${what}@${index}`)).toEqual(reported);
    await database.drop();
  });
});

describe('two instances that see the same change of trust', () => {
  it('write one leaf', async () => {
    const files = await LogFiles.create();
    const database = await createTestDatabase();
    const stores = [
      openStore(database.url, await files.sealer()),
      openStore(database.url, await files.sealer()),
    ];
    await stores[0]?.append([[await verified(token())]]);
    await Promise.all(stores.map((store) => store.trust.recordTrust(text('one'))));
    await Promise.all(stores.map((store) => store.trust.recordTrust(text('two'))));
    expect(await stores[0]?.size()).toBe(4);
    await Promise.all(stores.map((store) => store.close()));
    expect(await deepVerify(database.url, files)).toMatchObject({ size: 4, findings: [] });
    await database.drop();
    await files.remove();
  });
});
