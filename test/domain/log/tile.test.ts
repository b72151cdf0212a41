import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  locateNode,
  partialTiles,
  splitByTile,
  tileLevels,
  tileWidth,
} from '../../../src/domain/log/tile.js';

describe('tileLevels', () => {
  it('agrees with the check values of C2SP tlog-tiles', () => {
    expect(tileLevels(70_000)).toEqual([
      { level: 0, fullTiles: 273, partialWidth: 112 },
      { level: 1, fullTiles: 1, partialWidth: 17 },
      { level: 2, fullTiles: 0, partialWidth: 1 },
    ]);
    expect(tileLevels(256)).toEqual([
      { level: 0, fullTiles: 1, partialWidth: 0 },
      { level: 1, fullTiles: 0, partialWidth: 1 },
    ]);
  });

  it('has none for an empty tree', () => {
    expect(tileLevels(0)).toEqual([]);
  });

  it('counts as many hashes as the definition, floor(size / 256^level), at any size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        for (const { level, fullTiles, partialWidth } of tileLevels(size)) {
          expect(BigInt(fullTiles) * 256n + BigInt(partialWidth)).toBe(BigInt(size) / 256n ** BigInt(level));
        }
      }),
    );
  });
});

describe('partialTiles', () => {
  it('names at most one tile a level, none that is full', () => {
    expect(partialTiles(70_000)).toEqual([
      { tile: { level: 0, index: 273 }, offset: 0, count: 112 },
      { tile: { level: 1, index: 1 }, offset: 0, count: 17 },
      { tile: { level: 2, index: 0 }, offset: 0, count: 1 },
    ]);
    expect(partialTiles(65_536)).toEqual([{ tile: { level: 2, index: 0 }, offset: 0, count: 1 }]);
  });
});

describe('tileWidth', () => {
  it.each([
    [0, 272, 256],
    [0, 273, 112],
    [0, 274, 0],
    [1, 0, 256],
    [1, 1, 17],
    [1, 2, 0],
    [2, 0, 1],
    [3, 0, 0],
    [63, 0, 0],
  ])('of tile %d/%d in a tree of 70000 is %d', (level, index, width) => {
    expect(tileWidth({ level, index }, 70_000)).toBe(width);
  });
});

describe('locateNode', () => {
  it.each([
    [
      { level: 0, index: 256 },
      { tile: { level: 0, index: 1 }, offset: 0, count: 1 },
    ],
    [
      { level: 3, index: 33 },
      { tile: { level: 0, index: 1 }, offset: 8, count: 8 },
    ],
    [
      { level: 7, index: 3 },
      { tile: { level: 0, index: 1 }, offset: 128, count: 128 },
    ],
    [
      { level: 8, index: 3 },
      { tile: { level: 1, index: 0 }, offset: 3, count: 1 },
    ],
    [
      { level: 17, index: 0 },
      { tile: { level: 2, index: 0 }, offset: 0, count: 2 },
    ],
  ])('finds %j', (node, range) => {
    expect(locateNode(node)).toEqual(range);
  });

  it('finds every node within one tile, over the same leaves', () => {
    fc.assert(
      fc.property(fc.nat({ max: 52 }), fc.maxSafeNat(), (level, any) => {
        const index = Math.floor(any / 2 ** level);
        const { tile, offset, count } = locateNode({ level, index });
        expect(offset + count).toBeLessThanOrEqual(256);
        expect(count).toBeLessThanOrEqual(128);
        const first = BigInt(tile.index) * 256n + BigInt(offset);
        expect(first * 256n ** BigInt(tile.level)).toBe(BigInt(index) << BigInt(level));
        expect(BigInt(count) * 256n ** BigInt(tile.level)).toBe(1n << BigInt(level));
      }),
    );
  });
});

describe('splitByTile', () => {
  it('cuts where tiles end', () => {
    expect(splitByTile(1, 250, 300)).toEqual([
      { tile: { level: 1, index: 0 }, offset: 250, count: 6 },
      { tile: { level: 1, index: 1 }, offset: 0, count: 256 },
      { tile: { level: 1, index: 2 }, offset: 0, count: 38 },
    ]);
    expect(splitByTile(0, 256, 256)).toEqual([{ tile: { level: 0, index: 1 }, offset: 0, count: 256 }]);
    expect(splitByTile(0, 5, 0)).toEqual([]);
  });
});
