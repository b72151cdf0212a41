import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parseSignedCheckpoint } from '../../src/domain/log/checkpoint.js';
import { verifyConsistency } from '../../src/domain/log/merkle.js';
import { nodeCrypto } from '../../src/domain/log/node-crypto.js';
import { verifyNote } from '../../src/domain/log/note.js';
import { PublishLog } from '../../src/application/publish-log.js';
import { createTestDatabase } from '../support/test-database.js';
import { deepVerify, LogFiles, openStore, token, verified } from './ledger.js';

const APPENDS = 60;

describe('two instances on one database with one key', () => {
  it('never sign checkpoints that contradict each other', async () => {
    const files = await LogFiles.create();
    const database = await createTestDatabase();
    const sealers = [await files.sealer(), await files.sealer()] as const;
    const stores = sealers.map((sealer) => openStore(database.url, sealer));
    const ects = await Promise.all(Array.from({ length: 3 * APPENDS }, () => verified(token())));
    await Promise.all(
      stores.map(async (store, at) => {
        for (let n = at; n < APPENDS; n += stores.length) {
          const outcomes = await store.append([ects.slice(3 * n, 3 * n + 1 + (n % 3))]);
          for (const outcome of outcomes.flat()) expect(outcome.kind).toBe('recorded');
        }
      }),
    );

    const notes = await storedNotes(database.url);
    expect(notes).toHaveLength(APPENDS);
    const [store] = stores;
    if (!store) throw new Error('no store');
    const publisher = new PublishLog(store, store.trust, sealers[0].keys);
    const signed = notes.map(parseSignedCheckpoint);
    for (const { note } of signed)
      expect(await verifyNote(note, sealers[0].keys, nodeCrypto)).toBe('verified');
    for (const [at, { size: first, root: firstRoot }] of signed.entries()) {
      for (const { size: second, root: secondRoot } of signed.slice(at)) {
        const path = await publisher.consistency(first, second);
        expect(
          await verifyConsistency({ first, second, firstRoot, secondRoot, path }, nodeCrypto.sha256),
        ).toBe(true);
      }
    }
    await Promise.all(stores.map((one) => one.close()));
    expect(await deepVerify(database.url, files)).toMatchObject({ findings: [], size: 1 + 2 * APPENDS });
    await Promise.all([database.drop(), files.remove()]);
  }, 60_000);
});

async function storedNotes(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ note: string }>('SELECT note FROM checkpoint ORDER BY size');
  await client.end();
  return rows.map(({ note }) => note);
}
