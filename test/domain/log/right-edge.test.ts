import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import { type Hash, verifyConsistency, verifyInclusion } from '../../../src/domain/log/merkle.js';
import { consistencyNodes, inclusionNodes, rootNodes } from '../../../src/domain/log/proof-nodes.js';
import { EMPTY_EDGE, edgeFromTiles, edgeRoot, growEdge } from '../../../src/domain/log/right-edge.js';
import { hashFromTiles, proofFromTiles, tilesOf } from '../../../src/domain/log/stored-tiles.js';
import { partialTiles, tileLevels } from '../../../src/domain/log/tile.js';
import { EMPTY_ROOT } from '../../../src/domain/log/tree-hash.js';
import { NaiveTree, someLeafHashes } from './naive-tree.js';
import { TileStore } from './tile-store.js';

const HASHES = someLeafHashes(66_200);
const NAIVE = new NaiveTree(HASHES);
/** Beyond a full tile at level 1, with all of it stored. */
const LARGE = new TileStore();
const LARGE_EDGE = LARGE.fill(HASHES, [1, 255, 257, 1000]);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const hexes = (hashes: readonly Uint8Array[]) => hashes.map(hex);
const at = (index: number): Hash => HASHES[index] ?? EMPTY_ROOT;

/** Sizes around every boundary of a tile in the large tree, and any others. */
const size = fc.oneof(
  fc.integer({ min: 1, max: HASHES.length }),
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 65_280, max: 65_800 }),
);
const batches = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });

describe('growEdge', () => {
  it('has the root of the definition after every single leaf', () => {
    let edge = EMPTY_EDGE;
    for (let count = 1; count <= 520; count++) {
      const growth = growEdge(edge, [at(count - 1)]);
      expect(hex(growth.root)).toBe(hex(NAIVE.root(count)));
      edge = growth.edge;
    }
  });

  it('comes to the same tree and the same tiles whatever the batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1500 }), batches, (count, sizes) => {
        const [one, many] = [new TileStore(), new TileStore()];
        const whole = one.fill(HASHES.slice(0, count));
        expect(many.fill(HASHES.slice(0, count), sizes)).toEqual(whole);
        expect(hex(edgeRoot(whole))).toBe(hex(NAIVE.root(count)));
        expect(many.names).toEqual(one.names);
      }),
      { numRuns: 30 },
    );
  });

  it('fills exactly the tiles that C2SP tlog-tiles asks for, with the hashes of the definition', () => {
    const expected = tileLevels(HASHES.length).flatMap(({ level, fullTiles, partialWidth }) => [
      ...Array.from({ length: fullTiles }, (_, index) => [`${level}/${index}`, 256]),
      ...(partialWidth > 0 ? [[`${level}/${fullTiles}`, partialWidth]] : []),
    ]);
    const widths = LARGE.names.map((name) => {
      const [level = 0, index = 0] = name.split('/').map(Number);
      return [name, LARGE.peek({ level, index }).length / 32];
    });
    expect(widths.sort()).toEqual(expected.sort());
    expect(hex(LARGE.peek({ level: 0, index: 258 }))).toBe(hexes(HASHES.slice(258 * 256)).join(''));
    const level1 = LARGE.peek({ level: 1, index: 0 });
    expect(hex(level1.subarray(5 * 32, 6 * 32))).toBe(hex(NAIVE.root(6 * 256, 5 * 256)));
    expect(hex(LARGE.peek({ level: 2, index: 0 }))).toBe(hex(NAIVE.root(65_536)));
  });

  it('crosses the boundaries of tiles at both levels in one batch', () => {
    for (const before of [255, 256, 257, 65_279, 65_280, 65_535, 65_536]) {
      const growth = growEdge(edgeFromTiles(before, LARGE.read), HASHES.slice(before, before + 300));
      expect(hex(growth.root)).toBe(hex(NAIVE.root(before + 300)));
      for (const { tile, offset, hashes } of growth.rows) {
        const stored = LARGE.peek(tile).subarray(offset * 32, offset * 32 + hashes.length);
        expect(hex(hashes)).toBe(hex(stored));
      }
    }
  });

  it('proves every leaf of its batch from memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 300 }), async (before, count) => {
        const hashes = HASHES.slice(0, before + count);
        const growth = growEdge(growEdge(EMPTY_EDGE, hashes.slice(0, before)).edge, hashes.slice(before));
        for (let index = before; index < hashes.length; index += 7) {
          const path = growth.inclusionPath(index);
          expect(hexes(path)).toEqual(hexes(NAIVE.path(index, hashes.length)));
          const proof = { leafHash: at(index), index, size: hashes.length, path, root: growth.root };
          expect(await verifyInclusion(proof, nodeCrypto.sha256)).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('answers for leaves of its batch only', () => {
    const growth = growEdge(growEdge(EMPTY_EDGE, HASHES.slice(0, 5)).edge, HASHES.slice(5, 9));
    expect(() => growth.inclusionPath(4)).toThrow(RangeError);
    expect(() => growth.inclusionPath(9)).toThrow(RangeError);
    expect(growth.inclusionPath(5)).toHaveLength(4);
  });

  it('leaves the edge it grew from as it was, so that a failed batch can be forgotten', () => {
    const before = growEdge(EMPTY_EDGE, HASHES.slice(0, 7)).edge;
    const kept = structuredClone(before);
    growEdge(before, HASHES.slice(100, 200));
    expect(before).toEqual(kept);
    expect(hex(growEdge(before, [at(7)]).root)).toBe(hex(NAIVE.root(8)));
  });

  it('changes nothing for an empty batch', () => {
    const { edge, root, rows } = growEdge(LARGE_EDGE, []);
    expect(edge).toEqual(LARGE_EDGE);
    expect(hex(root)).toBe(hex(edgeRoot(LARGE_EDGE)));
    expect(rows).toEqual([]);
    expect(growEdge(EMPTY_EDGE, []).root).toBe(EMPTY_ROOT);
  });

  it('keeps one hash in memory for each bit of the size', () => {
    expect(LARGE_EDGE.peaks).toHaveLength([...(66_200).toString(2)].filter((bit) => bit === '1').length);
  });

  it('refuses an edge that is none', () => {
    expect(() => growEdge({ size: 3, peaks: [at(0)] }, [at(1)])).toThrow(RangeError);
    expect(() => growEdge({ size: 2, peaks: [at(0), at(1)] }, [at(2)])).toThrow(RangeError);
  });
});

describe('edgeFromTiles', () => {
  it('takes up the tree at any size it had, from its partial tiles alone', () => {
    fc.assert(
      fc.property(size, (count) => {
        const known = new Set(partialTiles(count).map(({ tile }) => `${tile.level}/${tile.index}`));
        const edge = edgeFromTiles(count, (tile) => {
          // A subtree that fills a tile stands as one hash in the level above, so a full tile is never asked for.
          if (!known.has(`${tile.level}/${tile.index}`))
            throw new Error(`asked for ${tile.level}/${tile.index}`);
          return LARGE.peek(tile);
        });
        expect(hex(edgeRoot(edge))).toBe(hex(NAIVE.root(count)));
        expect(growEdge(edge, HASHES.slice(count, count + 3)).edge).toEqual(
          edgeFromTiles(Math.min(count + 3, HASHES.length), LARGE.read),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('refuses tiles that are too short for the size', () => {
    expect(() => edgeFromTiles(HASHES.length + 1, LARGE.read)).toThrow(RangeError);
  });
});

describe('proofFromTiles', () => {
  it('agrees with the definition at any size', () => {
    const small = fc.integer({ min: 1, max: 600 });
    fc.assert(
      fc.property(small, fc.nat(), (count, any) => {
        const [index, first] = [any % count, (any % count) + 1];
        const inclusion = proofFromTiles(inclusionNodes(index, count), LARGE.read);
        expect(hexes(inclusion)).toEqual(hexes(NAIVE.path(index, count)));
        const consistency = proofFromTiles(consistencyNodes(first, count), LARGE.read);
        expect(hexes(consistency)).toEqual(hexes(NAIVE.consistency(first, count)));
      }),
    );
  });

  it('proves any leaf and any growth of a large tree', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), async (count, any) => {
        const [index, first] = [any % count, (any % count) + 1];
        const root = hashFromTiles(rootNodes(count), LARGE.read);
        const path = proofFromTiles(inclusionNodes(index, count), LARGE.read);
        expect(
          await verifyInclusion({ leafHash: at(index), index, size: count, path, root }, nodeCrypto.sha256),
        ).toBe(true);
        const growth = {
          first,
          second: count,
          firstRoot: hashFromTiles(rootNodes(first), LARGE.read),
          secondRoot: root,
          path: proofFromTiles(consistencyNodes(first, count), LARGE.read),
        };
        expect(await verifyConsistency(growth, nodeCrypto.sha256)).toBe(true);
      }),
    );
  });

  it('needs two tiles a level at most, and says beforehand which and how much of them', () => {
    fc.assert(
      fc.property(size, fc.nat(), (count, any) => {
        for (const nodes of [inclusionNodes(any % count, count), consistencyNodes(any % count, count)]) {
          const ranges = tilesOf(nodes);
          expect(ranges.length).toBeLessThanOrEqual(2 * tileLevels(count).length);
          const cut = new Map(
            ranges.map(({ tile, count: width }) => [
              `${tile.level}/${tile.index}`,
              LARGE.peek(tile).subarray(0, width * 32),
            ]),
          );
          const read = ({ level, index }: { level: number; index: number }) =>
            cut.get(`${level}/${index}`) ?? Buffer.alloc(0);
          expect(hexes(proofFromTiles(nodes, read))).toEqual(hexes(proofFromTiles(nodes, LARGE.read)));
        }
      }),
    );
  });

  it('names the tile that is too short', () => {
    const damaged = new TileStore();
    damaged.fill(HASHES.slice(0, 300));
    damaged.replace({ level: 0, index: 1 }, damaged.peek({ level: 0, index: 1 }).subarray(0, 31));
    expect(() => proofFromTiles(inclusionNodes(299, 300), damaged.read)).toThrow(/tile 0\/1 has 31 bytes/);
  });
});
