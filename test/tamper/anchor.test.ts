import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CheckpointAnchor } from '../../src/application/ports/checkpoint-anchor.js';
import { parseSignedCheckpoint } from '../../src/domain/log/checkpoint.js';
import { FileCheckpointAnchor } from '../../src/storage/file/file-checkpoint-anchor.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { deepVerify, LogFiles, openStore, token, verified } from './ledger.js';

/** Fails on demand: before it wrote, or after. */
class FaultyAnchor extends CheckpointAnchor {
  fault: 'before' | 'after' | undefined;

  constructor(private readonly inner: CheckpointAnchor) {
    super();
  }

  override read(): Promise<string | undefined> {
    return this.inner.read();
  }

  override async write(note: string): Promise<void> {
    if (this.fault === 'before') throw new Error('disk full');
    await this.inner.write(note);
    if (this.fault === 'after') throw new Error('lost after it was written');
  }

  override close(): void {
    this.inner.close();
  }
}

describe('the anchor', () => {
  let files: LogFiles;
  let database: TestDatabase;
  beforeEach(async () => {
    files = await LogFiles.create();
    database = await createTestDatabase();
  });
  afterEach(() => Promise.all([files.remove(), database.drop()]));

  const anchored = (): Promise<string | undefined> => new FileCheckpointAnchor(files.anchor).read();
  const inFile = (): Promise<string> => readFile(files.anchor, 'utf8');
  const anchoredSize = async (): Promise<number> => parseSignedCheckpoint((await anchored()) ?? '').size;

  it('holds the newest checkpoint after each append, and leaves no other file behind', async () => {
    const store = openStore(database.url, await files.sealer());
    for (const size of [2, 3, 4]) {
      await store.append([[await verified(token())]]);
      expect(await anchored()).toBe(await store.checkpoint(size));
    }
    const newest = await store.checkpoint(4);
    while ((await inFile()) !== newest) await delay(5);
    await store.close();
    expect((await readdir(dirname(files.anchor))).sort()).toEqual([
      'anchor',
      'anchor.journal',
      'log-key.pem',
    ]);
  });

  it('is at any moment the old note or the new one, whoever writes beside', async () => {
    const anchors = [new FileCheckpointAnchor(files.anchor), new FileCheckpointAnchor(files.anchor)];
    const notes = ['a', 'b'].map((letter) => letter.repeat(100_000));
    await anchors[0]?.write(notes[0] ?? '');
    const seen: (string | undefined)[] = [];
    const done = new AbortController();
    const reading = (async () => {
      while (!done.signal.aborted) seen.push(await anchors[0]?.read());
    })();
    await Promise.all(
      anchors.map(async (anchor, at) => {
        for (let n = 0; n < 20; n++) await anchor.write(notes[at] ?? '');
      }),
    );
    done.abort();
    await reading;
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((note) => note !== undefined && notes.includes(note))).toBe(true);
  });

  it.each(['before', 'after'] as const)(
    'that fails %s it wrote keeps the append from being acknowledged, and the same bytes find it recorded',
    async (fault) => {
      const anchor = new FaultyAnchor(new FileCheckpointAnchor(files.anchor));
      const store = openStore(database.url, await files.sealer(anchor));
      const ect = await verified(token());
      anchor.fault = fault;
      await expect(store.append([[ect]])).rejects.toMatchObject({ code: 'store-unavailable' });
      anchor.fault = undefined;
      expect(await store.append([[ect]])).toMatchObject([
        [{ kind: 'already-recorded', entry: { index: 1 } }],
      ]);
      expect(await store.append([[await verified(token())]])).toMatchObject([[{ kind: 'recorded' }]]);
      expect(await anchoredSize()).toBe(3);
      await store.close();
      expect(await deepVerify(database.url, files)).toMatchObject({ findings: [], size: 3 });
    },
  );

  it('may be behind after a crash between commit and anchor: the next start goes on', async () => {
    const store = openStore(database.url, await files.sealer());
    await store.append([[await verified(token())]]);
    const before = (await anchored()) ?? '';
    await store.append([[await verified(token())]]);
    await store.close();
    await writeFile(files.anchor, before);

    expect(await deepVerify(database.url, files)).toMatchObject({ findings: [], size: 3 });
    const next = openStore(database.url, await files.sealer());
    expect(await next.append([[await verified(token())]])).toMatchObject([[{ kind: 'recorded' }]]);
    expect(await anchoredSize()).toBe(4);
    await next.close();
  });

  it.each(['an older one', 'an empty one'])(
    'is taken from its journal when a power cut left %s',
    async (left) => {
      const store = openStore(database.url, await files.sealer());
      await store.append([[await verified(token())]]);
      const older = left === 'an older one' ? await anchored() : '';
      await store.append([[await verified(token())]]);
      const newer = await store.checkpoint(3);
      await store.close();
      await writeFile(files.anchor, older ?? '');
      expect(await anchored()).toBe(newer);
    },
  );

  it('is written to its file when it is closed, and says so loudly when it cannot be', async () => {
    const anchor = new FileCheckpointAnchor(files.anchor);
    await anchor.write('first');
    await anchor.write('second');
    expect(await inFile()).toBe('first');
    anchor.close();
    expect(await inFile()).toBe('second');
    await anchor.write('third');
    await rm(files.anchor);
    await mkdir(files.anchor);
    await delay(60);
    await expect(anchor.write('fourth')).rejects.toThrow('EISDIR');
  });

  it.each(['a torn journal', 'of another log'])('does not believe %s', async (journal) => {
    const store = openStore(database.url, await files.sealer());
    await store.append([[await verified(token())]]);
    await store.close();
    const note = await readFile(files.anchor, 'utf8');
    const other =
      journal === 'of another log' ? note.replace(/^.*\n.*\n/, 'example.com/other\n99\n') : 'torn';
    await writeFile(`${files.anchor}.journal`, other);
    expect(await anchored()).toBe(note);
  });

  it('that was taken away is not brought back by its journal', async () => {
    const store = openStore(database.url, await files.sealer());
    await store.append([]);
    await store.close();
    await rm(files.anchor);
    expect(await anchored()).toBeUndefined();
  });

  it.each(['', 'no note', `x\n1\n${Buffer.alloc(32).toString('base64')}\n\n`])(
    'that holds something else keeps the log from being signed: %j',
    async (content) => {
      const store = openStore(database.url, await files.sealer());
      await store.append([]);
      await store.close();
      await writeFile(files.anchor, content);
      if (content === '') await rm(`${files.anchor}.journal`);
      const next = openStore(database.url, await files.sealer());
      await expect(next.append([[await verified(token())]])).rejects.toMatchObject({
        code: 'store-unavailable',
        message: expect.stringContaining('anchor'),
      });
      await next.close();
      expect((await deepVerify(database.url, files)).findings).toMatchObject([{ what: 'anchor-signature' }]);
    },
  );
});
