import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copyTestDatabase, type TestDatabase } from '../support/test-database.js';
import { asSuperuser, deepVerify, LogFiles, openStore, recordLedger, token, verified } from './ledger.js';

describe('entries that were recorded before there was a log', () => {
  let database: TestDatabase;
  let files: LogFiles;
  let original: Awaited<ReturnType<typeof recordLedger>>;

  beforeEach(async () => {
    original = await recordLedger();
    database = await copyTestDatabase(original.database);
    files = await LogFiles.create();
    // As the version before left it: entries, tokens, edges, keys.
    await asSuperuser(database.url, async (query) => {
      for (const table of ['leaf', 'tile_hashes', 'checkpoint']) await query(`DELETE FROM "${table}"`);
    });
  }, 60_000);
  afterEach(() =>
    Promise.all([database.drop(), files.remove(), original.database.drop(), original.files.remove()]),
  );

  it('are all sealed by the first append, which then goes on', async () => {
    const store = openStore(database.url, await files.sealer());
    await store.append([]);
    expect(await store.size()).toBe(611);
    const [outcomes] = await store.append([[await verified(token())]]);
    expect(outcomes).toMatchObject([{ kind: 'recorded', entry: { index: 611 } }]);
    await store.close();
    expect(await deepVerify(database.url, files)).toMatchObject({ size: 612, findings: [] });
  });

  it.each([
    ['a token that is another one', `UPDATE token SET ect = 'x' WHERE index = 42`, /token at index 42/],
    ['a missing token', 'DELETE FROM token WHERE index = 42', /token at index 42/],
    ['a missing entry', 'DELETE FROM entry WHERE index = 42', /entry at index 42 is missing/],
  ])('are not sealed with %s among them', async (_, sql, what) => {
    await asSuperuser(database.url, async (query) => {
      await query(sql);
    });
    const store = openStore(database.url, await files.sealer());
    await expect(store.append([])).rejects.toMatchObject({
      code: 'store-unavailable',
      cause: { message: expect.stringMatching(what) },
    });
    expect(await store.size()).toBe(0);
    expect(await store.checkpoint()).toBeUndefined();
    await store.close();
  });
});
