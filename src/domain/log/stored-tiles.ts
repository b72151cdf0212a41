import { HASH_BYTES, type Hash } from './merkle.js';
import type { ProofNode } from './proof-nodes.js';
import { type TileId, type TileRange, locateNode } from './tile.js';
import { foldRightEdge, treeRoot } from './tree-hash.js';

/** The bytes of a tile as stored and served, from its first hash on; more than is asked for does no harm. */
export type TileReader = (tile: TileId) => Uint8Array;

/** Which stored hashes a proof is made of, at most one range a tile: O(log n) tiles, to be read in one query. */
export function tilesOf(nodes: readonly ProofNode[]): readonly TileRange[] {
  const ranges = new Map<string, TileRange>();
  for (const { tile, offset, count } of nodes.flat().map(locateNode)) {
    const key = `${tile.level}/${tile.index}`;
    const known = ranges.get(key);
    ranges.set(key, { tile, offset: 0, count: Math.max(known?.count ?? 0, offset + count) });
  }
  return [...ranges.values()];
}

/**
 * The hashes of a proof, from stored tiles.
 *
 * @param nodes of `inclusionNodes` or `consistencyNodes`
 * @param readTile answers for every tile of `tilesOf(nodes)`
 * @throws RangeError when a tile is shorter than the tree's size demands: the store is damaged
 */
export function proofFromTiles(nodes: readonly ProofNode[], readTile: TileReader): readonly Hash[] {
  return nodes.map((node) => hashFromTiles(node, readTile));
}

/** One hash of a proof, or a root when given `rootNodes`. @throws RangeError as `proofFromTiles` */
export function hashFromTiles(node: ProofNode, readTile: TileReader): Hash {
  return foldRightEdge(subtreeRoots(node, readTile));
}

/** The roots of complete subtrees, each by itself. @throws RangeError as `proofFromTiles` */
export function subtreeRoots(node: ProofNode, readTile: TileReader): readonly Hash[] {
  return node.map((id) => {
    const range = locateNode(id);
    return treeRoot(hashesIn(readTile(range.tile), range));
  });
}

function hashesIn(bytes: Uint8Array, { tile, offset, count }: TileRange): readonly Hash[] {
  const needed = (offset + count) * HASH_BYTES;
  if (bytes.length < needed) {
    throw new RangeError(`tile ${tile.level}/${tile.index} has ${bytes.length} bytes, ${needed} are needed`);
  }
  return Array.from({ length: count }, (_, at) => {
    const begin = (offset + at) * HASH_BYTES;
    return bytes.subarray(begin, begin + HASH_BYTES);
  });
}
