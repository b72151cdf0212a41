import { concatBytes, equalBytes } from './bytes.js';
import type { Sha256 } from './log-crypto.js';
import { isNatural } from './natural.js';

/** A SHA-256 hash: 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** RFC 9162 §2.1.1: different first bytes, so that no leaf can pass for an inner node. */
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = 0x01;

/** That leaf `index` is in the tree of `size` leaves with this root. Anything in it may be an attacker's. */
export interface InclusionProof {
  readonly leafHash: Hash;
  readonly index: number;
  readonly size: number;
  /** The leaf's side first. */
  readonly path: readonly Hash[];
  readonly root: Hash;
}

/** That the first `first` leaves of the tree of `second` leaves are the tree of `first` leaves. Anything in it may be an attacker's. */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Hash;
  readonly secondRoot: Hash;
  readonly path: readonly Hash[];
}

/** What is hashed for a leaf. */
export function leafInput(leaf: Uint8Array): Uint8Array {
  return concatBytes(LEAF_PREFIX, leaf);
}

/** What is hashed for an inner node. */
export function nodeInput(left: Hash, right: Hash): Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_BYTES);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return input;
}

/** Whether the proof holds: RFC 9162 §2.1.3.2. */
export async function verifyInclusion(proof: InclusionProof, sha256: Sha256): Promise<boolean> {
  const climb = climbToRoot(proof);
  let step = climb.next();
  while (step.done !== true) step = climb.next(await sha256(nodeInput(...step.value)));
  return step.value;
}

/** The same at once, for whoever can hash at once. @param nodeHash the hash of an inner node */
export function verifyInclusionNow(
  proof: InclusionProof,
  nodeHash: (left: Hash, right: Hash) => Hash,
): boolean {
  const climb = climbToRoot(proof);
  let step = climb.next();
  while (step.done !== true) step = climb.next(nodeHash(...step.value));
  return step.value;
}

/** Asks for the hash of one pair of nodes after the other, from the leaf up; returns whether the last one is the root. */
function* climbToRoot(proof: InclusionProof): Generator<readonly [left: Hash, right: Hash], boolean, Hash> {
  const { index, size, path } = proof;
  if (!isNatural(index) || !isNatural(size) || index >= size) return false;
  if (![proof.leafHash, proof.root, ...path].every(isHash)) return false;
  let at: Position = { fn: index, sn: size - 1 };
  let hash = proof.leafHash;
  for (const sibling of path) {
    if (at.sn === 0) return false;
    const isRightChild = isRight(at);
    hash = yield isRightChild ? [sibling, hash] : [hash, sibling];
    at = parent(isRightChild ? skipMissingSiblings(at) : at);
  }
  return at.sn === 0 && equalBytes(hash, proof.root);
}

/** Whether the proof holds: RFC 9162 §2.1.4.2, and for the sizes it leaves out: an empty tree is a part of every tree. */
export async function verifyConsistency(proof: ConsistencyProof, sha256: Sha256): Promise<boolean> {
  const { first, second, firstRoot, secondRoot, path } = proof;
  if (!isNatural(first) || !isNatural(second) || first > second) return false;
  if (![firstRoot, secondRoot, ...path].every(isHash)) return false;
  if (first === second) return path.length === 0 && equalBytes(firstRoot, secondRoot);
  if (first === 0) return path.length === 0 && equalBytes(firstRoot, await sha256(new Uint8Array()));
  return verifyGrowth(proof, sha256);
}

/** @param proof `first` above 0 and below `second` */
async function verifyGrowth(proof: ConsistencyProof, sha256: Sha256): Promise<boolean> {
  const { first, second, firstRoot, secondRoot, path } = proof;
  let at: Position = { fn: first - 1, sn: second - 1 };
  while (at.fn % 2 === 1) at = parent(at);
  // A first tree that is one complete subtree begins the path itself, and the proof leaves it out.
  const [start, ...siblings] = at.fn === 0 ? [firstRoot, ...path] : path;
  if (start === undefined) return false;
  let [firstHash, secondHash] = [start, start];
  for (const sibling of siblings) {
    if (at.sn === 0) return false;
    if (isRight(at)) {
      firstHash = await sha256(nodeInput(sibling, firstHash));
      secondHash = await sha256(nodeInput(sibling, secondHash));
      at = parent(skipMissingSiblings(at));
    } else {
      secondHash = await sha256(nodeInput(secondHash, sibling));
      at = parent(at);
    }
  }
  return at.sn === 0 && equalBytes(firstHash, firstRoot) && equalBytes(secondHash, secondRoot);
}

/** A node (`fn`) and the last node (`sn`) of one level of the tree, as RFC 9162 names them. */
interface Position {
  readonly fn: number;
  readonly sn: number;
}

/** Whether the node's next hash comes from its left: it is a right child, or nothing stands to its right. */
function isRight({ fn, sn }: Position): boolean {
  return fn % 2 === 1 || fn === sn;
}

/** Goes up past the levels where the last node has no sibling and is its own parent. */
function skipMissingSiblings(from: Position): Position {
  let at = from;
  while (at.fn % 2 === 0 && at.fn !== 0) at = parent(at);
  return at;
}

/** Division, not a shift: sizes go beyond 32 bits. */
function parent({ fn, sn }: Position): Position {
  return { fn: Math.floor(fn / 2), sn: Math.floor(sn / 2) };
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}
