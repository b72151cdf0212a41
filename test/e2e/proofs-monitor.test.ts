import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/command.js';
import { FakeLogKey, FakeLogServer, servedLog } from '../support/fake-log.js';
import { STORES, startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';

/** Whatever the log does, the file of the checkpoint seen last changes only when all is well. */
let folder: string;
let since: string;

beforeEach(async () => {
  folder = await makeTempDir();
  since = join(folder, 'seen', 'log.checkpoint');
});

afterEach(() => rm(folder, { recursive: true }));

const remembered = () => readFile(since, 'utf8').catch(() => undefined);

describe.each(STORES)('verify log on a ledger (%s)', (store) => {
  let ledger: TestService;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await makeTempDir();
    ledger = await startService({ store, environment: { DATA_DIR: dataDir } });
  });

  afterAll(async () => {
    await ledger.close();
    await rm(dataDir, { recursive: true });
  });

  test('trusts it at first, follows it as it grows, and remembers what it saw', async () => {
    const watch = () =>
      runCommand([
        'verify',
        'log',
        ledger.client.url,
        '--since',
        since,
        '--vkey',
        ledger.service.vkeys[0] ?? '',
      ]);
    const first = await watch();
    expect(first).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('seen for the first time'),
    });
    const ects = await Promise.all(Array.from({ length: 300 }, () => ledger.cast.a.sign()));
    await ledger.client.recordBatch(ects, '?entries=false');
    expect(await watch()).toMatchObject({
      code: 0,
      out: expect.stringContaining('it grew by 300 from size 1'),
    });
    expect(await watch()).toMatchObject({ code: 0, out: expect.stringContaining('nothing new') });
    expect(await remembered()).toBe((await ledger.client.get('/log/checkpoint')).text);
    expect(await readdir(join(folder, 'seen'))).toEqual(['log.checkpoint']);
  });
});

describe('verify log', () => {
  const key = new FakeLogKey('log.example/fake');
  const leaves = Array.from({ length: 600 }, (_, at) => `leaf ${at} of a log of another make`);
  let server: FakeLogServer;
  let url: string;

  beforeEach(async () => {
    server = new FakeLogServer();
    url = await server.listen();
  });

  afterEach(() => {
    server.close();
  });

  const watch = (...more: readonly string[]) =>
    runCommand(['verify', 'log', url, '--since', since, '--vkey', key.vkey, ...more]);

  const serve = (served: readonly string[], signer = key) => {
    server.served = servedLog(served, signer);
  };

  async function seen(size: number): Promise<string | undefined> {
    serve(leaves.slice(0, size));
    expect(await watch()).toMatchObject({ code: 0, err: '' });
    return remembered();
  }

  const altered = (text: string, at: number) => leaves.map((leaf, index) => (index === at ? text : leaf));

  const flip = (path: string, byte: number) => {
    const bytes = server.served.get(path);
    expect(bytes?.[byte]).toBeDefined();
    if (bytes) bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  };

  test.each([
    [1, 2],
    [200, 600],
    [256, 512],
    [255, 257],
    [512, 600],
    [600, 600],
  ])('follows any log of tiles from %i to %i leaves', async (before, after) => {
    await seen(before);
    serve(leaves.slice(0, after));
    expect(await watch()).toMatchObject({ code: 0, err: '' });
    expect(await remembered()).toBe(String(server.served.get('/checkpoint')));
  });

  test('a partial tile may be gone once the full one is there', async () => {
    serve(leaves.slice(0, 300));
    const full = servedLog(leaves, key);
    for (const path of ['/tile/0/001', '/tile/entries/001']) {
      server.served.delete(`${path}.p/44`);
      server.served.set(path, full.get(path) ?? Buffer.of());
    }
    expect(await watch()).toMatchObject({ code: 0, err: '' });
  });

  test.each([
    [
      'went back',
      'rollback: the log went back: it had 500 leaves and now signs for 400',
      () => serve(leaves.slice(0, 400)),
    ],
    [
      'signed another tree of that size',
      'fork: the log signed two roots for 500 leaves',
      () => serve(altered('x', 3).slice(0, 500)),
    ],
    [
      'grew from another past',
      'fork: the log was rewritten: its first 500 leaves',
      () => serve(altered('x', 3)),
    ],
    [
      'dropped a leaf and grew',
      'fork: the log was rewritten',
      () => serve(leaves.filter((_, at) => at !== 77)),
    ],
    [
      'swapped two leaves and grew',
      'fork: the log was rewritten',
      () =>
        serve(leaves.map((leaf, at) => leaves[({ 5: 6, 6: 5 } as Record<number, number>)[at] ?? at] ?? leaf)),
    ],
  ])('finds a log that %s, and keeps both checkpoints as evidence', async (_what, finding, misbehave) => {
    const before = await seen(500);
    misbehave();
    const { code, out } = await watch();
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining(finding) });
    expect(await remembered()).toBe(before);
    const { sound, evidence } = JSON.parse((await watch('--json')).out) as {
      sound: boolean;
      evidence: string[];
    };
    const notes = await Promise.all(evidence.map((path) => readFile(path, 'utf8')));
    expect({ sound, notes }).toEqual({
      sound: false,
      notes: [before, String(server.served.get('/checkpoint'))],
    });
  });

  test.each([
    [
      'an old hash is not what it signed',
      'inconsistent: the tiles do not have the root',
      () => flip('/tile/0/000', 40),
    ],
    ['a new hash is not what it signed', 'from leaf 500 on', () => flip('/tile/0/002.p/88', 87 * 32)],
    [
      'a new leaf has another hash',
      'inconsistent: leaf 501: ',
      () => flip('/tile/entries/001', 245 * 35 + 20),
    ],
    [
      'a bundle breaks off',
      'tile/entries/002.p/88 is no bundle',
      () => server.served.set('/tile/entries/002.p/88', Buffer.of(0)),
    ],
    [
      'a bundle is short',
      'withheld: tile/entries/002.p/88 has only 0 leaves',
      () => server.served.set('/tile/entries/002.p/88', Buffer.of()),
    ],
    [
      'a tile is short',
      'withheld: tile/0/002.p/88 has only 31 bytes',
      () => server.served.set('/tile/0/002.p/88', Buffer.alloc(31)),
    ],
    [
      'a tile above does not follow',
      'inconsistent: tile/1/000.p/2: hash 1',
      () => flip('/tile/1/000.p/2', 32),
    ],
    [
      'a tile is missing',
      'withheld: the log does not serve tile/0/001',
      () => server.served.delete('/tile/0/001'),
    ],
    [
      'a bundle is missing',
      'withheld: the log does not serve tile/entries/002.p/88',
      () => server.served.delete('/tile/entries/002.p/88'),
    ],
    ['the signature is wrong', 'unsigned: ', () => flip('/checkpoint', 90)],
    ['somebody else signed', 'unsigned: ', () => serve(leaves, new FakeLogKey('log.example/fake'))],
    [
      'it is another log',
      'unsigned: the checkpoint is of "log.example/other"',
      () => serve(leaves, new FakeLogKey('log.example/other')),
    ],
    [
      'the checkpoint is none',
      'unsigned: malformed note',
      () => server.served.set('/checkpoint', Buffer.from('<html>')),
    ],
  ])('finds it when %s', async (_what, finding, misbehave) => {
    const before = await seen(500);
    serve(leaves);
    misbehave();
    const { code, out } = await watch();
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining(finding) });
    expect(await remembered()).toBe(before);
  });

  test('a finding at first sight stores nothing', async () => {
    serve(leaves);
    flip('/tile/0/000', 40);
    expect(await watch()).toMatchObject({ code: 1 });
    expect(await remembered()).toBeUndefined();
  });

  test.each([
    ['the log is out of order', 'answers 503', () => void (server.status = 503)],
    ['nobody answers', 'does not answer', () => server.close()],
    ['there is no log', 'there is no checkpoint at', () => server.served.clear()],
    [
      'it answers without end',
      'answers more than',
      () => server.served.set('/tile/0/000', Buffer.alloc(9_000)),
    ],
  ])('could not run when %s', async (_what, reason, fail) => {
    const before = await seen(500);
    fail();
    expect(await watch()).toMatchObject({ code: 2, out: '', err: expect.stringContaining(reason) });
    expect(await remembered()).toBe(before);
  });

  test('could not run with a checkpoint of another log, or without a key', async () => {
    const other = new FakeLogKey('log.example/other');
    since = join(folder, 'other.checkpoint');
    await writeFile(since, servedLog(leaves, other).get('/checkpoint') ?? '');
    serve(leaves);
    expect(await watch()).toMatchObject({ code: 2, err: expect.stringContaining('is it of this log?') });
    const keyless = await runCommand(['verify', 'log', url, '--since', since]);
    expect(keyless).toMatchObject({ code: 2, err: expect.stringContaining('--vkey') });
  });
});
