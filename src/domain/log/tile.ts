import type { NodeId } from './proof-nodes.js';

/** C2SP tlog-tiles: a tile spans 8 levels of the tree and holds the lowest of them, up to 256 hashes. */
export const TILE_HEIGHT = 8;

export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/**
 * A tile: hash i of tile `index` at `level` is the root of the leaves [(index·256+i)·256^level, (index·256+i+1)·256^level). Entry bundles
 * count as level 0 does.
 */
export interface TileId {
  readonly level: number;
  readonly index: number;
}

/** Some of a tile's hashes. */
export interface TileRange {
  readonly tile: TileId;
  /** Place of the first hash, 0 to 255. */
  readonly offset: number;
  /** How many hashes. */
  readonly count: number;
}

/** The tiles of one level of a tree. */
export interface TileLevel {
  readonly level: number;
  readonly fullTiles: number;
  /** Hashes in the tile after the full ones; 0 when there is none. */
  readonly partialWidth: number;
}

/** All tiles of a tree of that size, lowest level first. */
export function tileLevels(size: number): readonly TileLevel[] {
  const levels: TileLevel[] = [];
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) {
    levels.push({
      level: levels.length,
      fullTiles: Math.floor(hashes / TILE_WIDTH),
      partialWidth: hashes % TILE_WIDTH,
    });
  }
  return levels;
}

/** The partial tiles of a tree of that size, at most one a level: they hold all that is needed to let it grow. */
export function partialTiles(size: number): readonly TileRange[] {
  return tileLevels(size)
    .filter(({ partialWidth }) => partialWidth > 0)
    .map(({ level, fullTiles, partialWidth }) => ({
      tile: { level, index: fullTiles },
      offset: 0,
      count: partialWidth,
    }));
}

/** How many hashes the tile has in a tree of that size: 0 when it is not there, 256 when it is full. */
export function tileWidth(tile: TileId, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** tile.level);
  return Math.min(TILE_WIDTH, Math.max(0, hashes - tile.index * TILE_WIDTH));
}

/** The stored hashes whose `treeRoot` is the node: itself, or at most 128 below it. */
export function locateNode(node: NodeId): TileRange {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const count = 2 ** (node.level % TILE_HEIGHT);
  return rangeAt(level, node.index * count, count);
}

/**
 * Cuts consecutive hashes of a level where one tile ends and the next begins.
 *
 * @param first place of the first hash in its level
 */
export function splitByTile(level: number, first: number, count: number): readonly TileRange[] {
  const ranges: TileRange[] = [];
  for (let at = first; at < first + count; at = Math.floor(at / TILE_WIDTH + 1) * TILE_WIDTH) {
    const room = TILE_WIDTH - (at % TILE_WIDTH);
    ranges.push(rangeAt(level, at, Math.min(room, first + count - at)));
  }
  return ranges;
}

function rangeAt(level: number, first: number, count: number): TileRange {
  return { tile: { level, index: Math.floor(first / TILE_WIDTH) }, offset: first % TILE_WIDTH, count };
}
