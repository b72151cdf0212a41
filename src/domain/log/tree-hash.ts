import { equalBytes } from './bytes.js';
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

/** `nodeHash` that remembers: the proofs of one batch lead through the same nodes again and again. */
export function rememberingNodeHash(): (left: Hash, right: Hash) => Hash {
  const known = new Map<number, { readonly left: Hash; readonly right: Hash; readonly hash: Hash }>();
  return (left, right) => {
    const key = firstBytes(left);
    const before = known.get(key);
    if (before && equalBytes(before.left, left) && equalBytes(before.right, right)) return before.hash;
    const hash = nodeHash(left, right);
    known.set(key, { left, right, hash });
    return hash;
  };
}

/** Enough of a hash to find it by; what is found is compared as a whole. */
function firstBytes([a = 0, b = 0, c = 0, d = 0]: Hash): number {
  return ((a * 256 + b) * 256 + c) * 256 + d;
}
