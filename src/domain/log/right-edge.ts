import { concatBytes } from './bytes.js';
import { GrownNodes } from './grown-nodes.js';
import type { Hash } from './merkle.js';
import { inclusionNodes, rootNodes } from './proof-nodes.js';
import { type TileReader, subtreeRoots } from './stored-tiles.js';
import { TILE_HEIGHT, type TileId, splitByTile, tileLevels } from './tile.js';
import { foldRightEdge } from './tree-hash.js';

/**
 * All that must be in memory to let a tree grow: one hash for each bit of its size. Immutable, so that a batch whose transaction fails
 * leaves nothing behind.
 */
export interface RightEdge {
  readonly size: number;
  /** The roots of `rootNodes(size)`, in that order. */
  readonly peaks: readonly Hash[];
}

/** Hashes that a tile gains; write-once, since a tile only ever grows: the partial tile of any earlier size is its beginning. */
export interface TileRow {
  readonly tile: TileId;
  /** Place in the tile of the first of the hashes, 0 to 255. */
  readonly offset: number;
  /** One after the other, 32 bytes each. */
  readonly hashes: Uint8Array;
}

/** What a batch of leaves did to the tree. */
export interface Growth {
  readonly edge: RightEdge;
  readonly root: Hash;
  /** What to store, lowest level first: each hash exactly once in the life of the tree. */
  readonly rows: readonly TileRow[];
  /** The path in the grown tree of a leaf of this batch, from memory. @throws RangeError for any other leaf */
  readonly inclusionPath: (index: number) => readonly Hash[];
}

export const EMPTY_EDGE: RightEdge = { size: 0, peaks: [] };

/** The root of the tree that ends here. */
export function edgeRoot({ peaks }: RightEdge): Hash {
  return foldRightEdge(peaks);
}

/**
 * Takes up a tree where it was left.
 *
 * @param size of the tree; the stored tiles may go beyond it
 * @param readTile answers for every tile of `partialTiles(size)`
 * @throws RangeError when a tile is shorter than the size demands: the store is damaged
 */
export function edgeFromTiles(size: number, readTile: TileReader): RightEdge {
  return { size, peaks: subtreeRoots(rootNodes(size), readTile) };
}

/** Appends leaves: about one hash a leaf, whatever the size, and one for each bit of the size to find the root. */
export function growEdge(edge: RightEdge, leafHashes: readonly Hash[]): Growth {
  const nodes = new GrownNodes(edge, leafHashes);
  const { size } = nodes;
  const grown = { size, peaks: rootNodes(size).map((id) => nodes.rootOf(id)) };
  return {
    edge: grown,
    root: edgeRoot(grown),
    rows: tileLevels(size).flatMap(({ level }) => rowsOf(level, nodes)),
    inclusionPath: (index) => {
      if (index < edge.size) throw new RangeError(`leaf ${index} is not of this batch`);
      return inclusionNodes(index, size).map((node) => nodes.hashOf(node));
    },
  };
}

function rowsOf(level: number, nodes: GrownNodes): readonly TileRow[] {
  const { first, hashes } = nodes.grownAt(level * TILE_HEIGHT);
  let taken = 0;
  return splitByTile(level, first, hashes.length).map(({ tile, offset, count }) => {
    const row = { tile, offset, hashes: concatBytes(...hashes.slice(taken, taken + count)) };
    taken += count;
    return row;
  });
}
