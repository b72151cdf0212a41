import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import type { LogSealer } from '../../src/application/seal-log.js';
import type { Receipt } from '../../src/domain/log/receipt.js';
import { nodeCrypto } from '../../src/domain/log/node-crypto.js';
import { parseSignedCheckpoint } from '../../src/domain/log/checkpoint.js';
import { parseVkey } from '../../src/domain/log/note-key.js';
import { verifyReceipt } from '../../src/domain/log/verify-receipt.js';
import { loadCheckpointSigners, SigningKeyError } from '../../src/keys/ed25519-checkpoint-signer.js';
import { createTestDatabase } from '../support/test-database.js';
import { deepVerify, LogFiles, openStore, ORIGIN, token, verified } from './ledger.js';

describe("the file of the log's key", () => {
  let files: LogFiles;
  beforeEach(async () => {
    files = await LogFiles.create();
  });
  afterEach(() => files.remove());

  it('is created for its owner alone and never overwritten', async () => {
    const [first] = await loadCheckpointSigners(files.key, ORIGIN);
    expect((await stat(files.key)).mode & 0o777).toBe(0o600);
    const content = await readFile(files.key, 'utf8');
    const [again] = await loadCheckpointSigners(files.key, ORIGIN);
    expect(again.key).toEqual(first.key);
    expect(await readFile(files.key, 'utf8')).toBe(content);
  });

  it.each([0o640, 0o604, 0o644, 0o660])('is refused with mode %o', async (mode) => {
    await loadCheckpointSigners(files.key, ORIGIN);
    await chmod(files.key, mode);
    await expect(loadCheckpointSigners(files.key, ORIGIN)).rejects.toThrow(SigningKeyError);
    await expect(loadCheckpointSigners(files.key, ORIGIN)).rejects.toThrow(/chmod 600/);
  });

  it.each([
    ['no key', 'nothing', /holds no PKCS#8 private key/],
    ['another kind of key', pemOf('ec'), /not an Ed25519 key/],
    ['a damaged key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /can't be read/],
  ])('is refused with %s, and left as it is', async (_, content, why) => {
    await writeFile(files.key, content, { mode: 0o600 });
    await expect(loadCheckpointSigners(files.key, ORIGIN)).rejects.toThrow(why);
    expect(await readFile(files.key, 'utf8')).toBe(content);
  });

  it('may hold two keys: both sign, old receipts stay verifiable, and the log stays the same', async () => {
    const database = await createTestDatabase();
    const before = await files.sealer();
    const receipt = await recordOne(database.url, before);
    await writeFile(files.key, `${pemOf('ed25519')}${await readFile(files.key, 'utf8')}`);
    await chmod(files.key, 0o600);
    const after = await files.sealer();
    const newer = await recordOne(database.url, after);

    const [oldKey, newKey] = [before.vkeys[0] ?? '', after.vkeys[0] ?? ''];
    expect(parseSignedCheckpoint(newer.checkpoint).note.signatures).toHaveLength(2);
    for (const [one, vkey] of [
      [receipt, oldKey],
      [newer, oldKey],
      [newer, newKey],
    ] as const)
      expect(await isVerified(one, vkey)).toBe(true);
    expect(await isVerified(receipt, newKey)).toBe(false);
    expect(await deepVerify(database.url, files)).toMatchObject({ findings: [], size: 3 });
    await database.drop();
  });
});

function pemOf(kind: 'ec' | 'ed25519'): string {
  const { privateKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

async function recordOne(url: string, sealer: LogSealer): Promise<Receipt> {
  const store = openStore(url, sealer);
  const outcomes = await store.append([[await verified(token())]]);
  await store.close();
  const [outcome] = outcomes.flat();
  if (outcome?.kind !== 'recorded') throw new Error('not recorded');
  return outcome.receipt;
}

async function isVerified(receipt: Receipt, vkey: string): Promise<boolean> {
  const keys = [await parseVkey(vkey, nodeCrypto.sha256)];
  return (await verifyReceipt(receipt, { keys }, nodeCrypto)).isGenuine;
}
