import { isNatural } from './natural.js';

/** A complete subtree: the leaves [index·2^level, (index+1)·2^level). Its root never changes while the tree grows. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/**
 * One hash of a proof, as the complete subtrees, left to right, of which it is made: one of them, or, where the proof takes in the right
 * edge of the tree, several, joined by `foldRightEdge`. Only complete subtrees are stored, so only they can be looked up.
 */
export type ProofNode = readonly NodeId[];

/**
 * What the inclusion path of a leaf consists of, the leaf's side first: PATH of RFC 9162 §2.1.3.1.
 *
 * @throws RangeError unless 0 ≤ index < size
 */
export function inclusionNodes(index: number, size: number): readonly ProofNode[] {
  if (!isNatural(index) || !isNatural(size) || index >= size) {
    throw new RangeError(`no leaf ${index} in a tree of ${size} leaves`);
  }
  const path: ProofNode[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = splitPoint(begin, end);
    if (index < middle) {
      path.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      path.push(completeSubtrees(begin, middle));
      begin = middle;
    }
  }
  return path.reverse();
}

/**
 * What the consistency proof between two sizes consists of: PROOF and SUBPROOF of RFC 9162 §2.1.4.1. Nothing is needed between equal sizes
 * or from size 0.
 *
 * @throws RangeError unless 0 ≤ first ≤ second
 */
export function consistencyNodes(first: number, second: number): readonly ProofNode[] {
  if (!isNatural(first) || !isNatural(second) || first > second) {
    throw new RangeError(`a tree of ${second} leaves never had ${first}`);
  }
  if (first === 0) return [];
  const path: ProofNode[] = [];
  let [begin, end] = [0, second];
  while (first !== end) {
    const middle = splitPoint(begin, end);
    if (first <= middle) {
      path.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      path.push(completeSubtrees(begin, middle));
      begin = middle;
    }
  }
  // A subtree that begins with leaf 0 is the first tree itself, whose root the verifier has.
  if (begin > 0) path.push(completeSubtrees(begin, end));
  return path.reverse();
}

/** What the root of a tree consists of: one complete subtree for each bit of its size. Joined by `foldRightEdge`. */
export function rootNodes(size: number): ProofNode {
  return completeSubtrees(0, size);
}

/** @param begin where a subtree of the tree begins, so that every subtree found here is complete and aligned */
function completeSubtrees(begin: number, end: number): ProofNode {
  const nodes: NodeId[] = [];
  let at = begin;
  while (at < end) {
    const level = heightWithin(end - at);
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** Where RFC 9162 splits: after the largest power of two leaves that is strictly less than all of them. */
function splitPoint(begin: number, end: number): number {
  return begin + 2 ** heightWithin(end - begin - 1);
}

/** The greatest height of a complete subtree of at most `count` leaves. From the bits, since `Math.log2` rounds near 2^53. */
function heightWithin(count: number): number {
  const high = Math.floor(count / 2 ** 32);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(count);
}
