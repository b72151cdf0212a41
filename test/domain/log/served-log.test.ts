import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatVkey } from '../../../src/domain/log/note-key.js';
import { inclusionNodes } from '../../../src/domain/log/proof-nodes.js';
import { proofFromTiles } from '../../../src/domain/log/stored-tiles.js';
import { EMPTY_EDGE, growEdge } from '../../../src/domain/log/right-edge.js';
import { leafHash } from '../../../src/domain/log/tree-hash.js';
import { IndependentLogReader, LogReaderError } from '../../support/independent-log-reader.js';
import { makeSigner } from './log-key.js';
import { ServedLog } from './served-log.js';

const ORIGIN = 'ledger.example/log';
const SIZES = [1, 255, 256, 257, 700];

const someLeaves = (count: number, name = 'leaf') =>
  Array.from({ length: count }, (_, at) => Buffer.from(`${name} ${at}`));

/** Everything that the reader checks of the newest checkpoint. */
async function readNewest(reader: IndependentLogReader) {
  return reader.readLog(await reader.checkpoint());
}

let log: ServedLog;
let reader: IndependentLogReader;

beforeEach(async () => {
  const signer = await makeSigner(ORIGIN);
  log = new ServedLog(signer);
  reader = new IndependentLogReader(await log.listen(), formatVkey(signer.key));
});

afterEach(() => log.close());

async function expectFinding(act: () => Promise<unknown>, message: string): Promise<void> {
  await expect(act()).rejects.toThrow(LogReaderError);
  await expect(act()).rejects.toThrow(message);
}

describe('what the log serves', () => {
  it('is read by a stranger at every published size', async () => {
    const leaves = someLeaves(700);
    for (const size of SIZES) {
      await log.append(leaves.slice(log.leaves.length, size));
      const read = await readNewest(reader);
      expect(read.checkpoint.size).toBe(size);
      expect(read.leaves.map(String)).toEqual(leaves.slice(0, size).map(String));
    }
  });

  it('is read for an old checkpoint, from partial tiles or from the full ones in their place', async () => {
    await log.append(someLeaves(200));
    const older = await reader.checkpoint();
    await log.append(someLeaves(500, 'later'));
    expect((await reader.readLog(older)).leaves).toHaveLength(200);
    log.dropsPartialTiles = true;
    expect((await reader.readLog(older)).leaves).toHaveLength(200);
  });

  it('has a second level from 65 536 leaves on', async () => {
    await log.append(someLeaves(65_600));
    const read = await readNewest(reader);
    expect(log.tiles.names).toContain('2/0');
    expect(read.indexOf(Buffer.from('leaf 65555'))).toBe(65_555);
  });

  it('grows from every older checkpoint', async () => {
    const older = [];
    for (const size of SIZES) {
      await log.append(someLeaves(size - log.leaves.length, `batch ${size}`));
      older.push(await reader.checkpoint());
    }
    const read = await readNewest(reader);
    for (const checkpoint of older) {
      expect(() => read.checkGrewFrom(checkpoint)).not.toThrow();
    }
  });

  it('proves its leaves to the stranger', async () => {
    await log.append(someLeaves(700));
    const read = await readNewest(reader);
    for (const [index, size] of [
      [0, 1],
      [0, 700],
      [255, 256],
      [256, 257],
      [699, 700],
      [300, 513],
    ] as const) {
      const path = proofFromTiles(inclusionNodes(index, size), log.tiles.read).map((hash) =>
        Buffer.from(hash),
      );
      const proof = { index, size, leaf: Buffer.from(`leaf ${index}`), path };
      expect(() => read.checkProof(proof)).not.toThrow();
      expect(() => read.checkProof({ ...proof, path: [...path, Buffer.alloc(32)] })).toThrow(LogReaderError);
      expect(() => read.checkProof({ ...proof, leaf: Buffer.from('another') })).toThrow(LogReaderError);
    }
  });
});

describe('the stranger finds', () => {
  beforeEach(() => log.append(someLeaves(700)));

  it('a changed leaf', async () => {
    log.leaves[300] = Buffer.from('forged');
    await expectFinding(() => readNewest(reader), 'leaf 300 has another hash');
  });

  it('two leaves swapped', async () => {
    [log.leaves[3], log.leaves[5]] = [Buffer.from('leaf 5'), Buffer.from('leaf 3')];
    await expectFinding(() => readNewest(reader), 'leaf 3 has another hash');
  });

  it('a changed leaf with its hash changed too', async () => {
    log.leaves[300] = Buffer.from('forged');
    const tile = Buffer.from(log.tiles.peek({ level: 0, index: 1 }));
    tile.set(leafHash(Buffer.from('forged')), 44 * 32);
    log.tiles.replace({ level: 0, index: 1 }, tile);
    await expectFinding(() => readNewest(reader), 'the hashes of level 0 have another root');
  });

  it('a changed hash above level 0', async () => {
    const tile = Buffer.from(log.tiles.peek({ level: 1, index: 0 }));
    tile.set([tile.readUInt8(32) ^ 1], 32);
    log.tiles.replace({ level: 1, index: 0 }, tile);
    await expectFinding(() => readNewest(reader), 'hash 1 of level 1 does not follow from level 0');
  });

  it('a tile cut short', async () => {
    log.tiles.replace({ level: 0, index: 2 }, log.tiles.peek({ level: 0, index: 2 }).subarray(0, 64));
    await expectFinding(() => readNewest(reader), 'tile 0/2 has 64 bytes');
  });

  it('a bundle cut short', async () => {
    log.leaves.pop();
    await expectFinding(() => readNewest(reader), 'bundle 2 ends before leaf 187');
  });

  it('a checkpoint changed after it was signed, or signed by somebody else', async () => {
    const { checkpoint } = log;
    log.checkpoint = checkpoint.replace('\n700\n', '\n699\n');
    await expectFinding(() => reader.checkpoint(), 'the signature of the checkpoint is wrong');
    log.checkpoint = checkpoint.replace(`\u2014 ${ORIGIN}`, '\u2014 other.example');
    await expectFinding(() => reader.checkpoint(), `not signed by ${ORIGIN}`);
  });

  it('a rewritten log under a right signature, by an older checkpoint', async () => {
    const older = await reader.checkpoint();
    log.leaves.splice(0, 1, Buffer.from('forged'));
    const { root, rows } = growEdge(EMPTY_EDGE, log.leaves.map(leafHash));
    for (const { tile, hashes } of rows) log.tiles.replace(tile, Buffer.from(hashes));
    await log.sign(700, root);
    const read = await readNewest(reader);
    expect(() => read.checkGrewFrom(older)).toThrow('the first 700 leaves are not what they were');
  });

  it('a log that shrank', async () => {
    const older = await reader.checkpoint();
    await log.sign(600, growEdge(EMPTY_EDGE, someLeaves(600).map(leafHash)).root);
    const read = await readNewest(reader);
    expect(() => read.checkGrewFrom(older)).toThrow('the log shrank from 700 to 600 leaves');
  });
});
