import { type Hash, leafInput, nodeInput } from './merkle.js';
import { sha256 } from './node-crypto.js';

/** The root of a tree without leaves (RFC 9162 §2.1.1). */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

export function leafHash(leaf: Uint8Array): Hash {
  return sha256(leafInput(leaf));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(nodeInput(left, right));
}

/** The root of the tree over these leaf hashes, or over the roots of subtrees of one height (RFC 9162 §2.1.1). */
export function treeRoot(hashes: readonly Hash[]): Hash {
  let level = hashes;
  while (level.length > 1) level = parentLevel(level);
  return level[0] ?? EMPTY_ROOT;
}

/**
 * The root over complete subtrees of falling height, as they stand at a tree's right edge: the last two become one, and so on to the left.
 *
 * @param roots left to right
 */
export function foldRightEdge(roots: readonly Hash[]): Hash {
  return roots.length === 0 ? EMPTY_ROOT : roots.reduceRight((right, left) => nodeHash(left, right));
}

/** Joins neighbours; a last one without neighbour stays as it is, which is where RFC 9162's split at a power of two puts it. */
function parentLevel(level: readonly Hash[]): Hash[] {
  const parents: Hash[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at];
    const right = level[at + 1];
    if (left !== undefined) parents.push(right === undefined ? left : nodeHash(left, right));
  }
  return parents;
}
