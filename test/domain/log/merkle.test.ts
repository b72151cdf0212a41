import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type ConsistencyProof,
  type InclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/domain/log/merkle.js';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import { EMPTY_ROOT, foldRightEdge, treeRoot } from '../../../src/domain/log/tree-hash.js';
import { NaiveTree, naiveNodeHash, someLeafHashes } from './naive-tree.js';

const HASHES = someLeafHashes(600);
const NAIVE = new NaiveTree(HASHES);
const OTHER = Buffer.alloc(32, 7);

const treeSize = fc.integer({ min: 1, max: HASHES.length });
/** A tree, and a place within it. */
const place = treeSize.chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)));
/** A tree, and a size it had. */
const growth = treeSize.chain((second) => fc.tuple(fc.integer({ min: 1, max: second }), fc.constant(second)));

const isIncluded = (proof: InclusionProof) => verifyInclusion(proof, nodeCrypto.sha256);
const isConsistent = (proof: ConsistencyProof) => verifyConsistency(proof, nodeCrypto.sha256);

function inclusionOf(index: number, size: number): InclusionProof {
  const leafHash = HASHES[index] ?? OTHER;
  return { leafHash, index, size, path: NAIVE.path(index, size), root: NAIVE.root(size) };
}

function consistencyOf(first: number, second: number): ConsistencyProof {
  const [firstRoot, secondRoot] = [NAIVE.root(first), NAIVE.root(second)];
  return { first, second, firstRoot, secondRoot, path: NAIVE.consistency(first, second) };
}

/** Every way to change one hash by one bit, to drop one, to add one and to swap two. */
function forgedPaths(path: readonly Uint8Array[], bit: number): Uint8Array[][] {
  const flipped = path.map((_, at) => path.map((hash, other) => (other === at ? flipBit(hash, bit) : hash)));
  const dropped = path.map((_, at) => path.filter((__, other) => other !== at));
  const doubled = path.map((hash, at) => [...path.slice(0, at), hash, ...path.slice(at)]);
  const swapped = path.slice(1).map((hash, at) => path.with(at, hash).with(at + 1, path[at] ?? hash));
  return [...flipped, ...dropped, ...doubled, ...swapped, [...path, OTHER], [OTHER, ...path]];
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit % (bytes.length * 8);
  return bytes.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
}

describe('treeRoot', () => {
  it('agrees with the definition for every size', () => {
    for (let size = 0; size <= 300; size++) {
      expect(NAIVE.root(size).equals(treeRoot(HASHES.slice(0, size)))).toBe(true);
    }
  });

  it('has no right edge to fold in an empty tree', () => {
    expect(foldRightEdge([])).toBe(EMPTY_ROOT);
  });
});

describe('verifyInclusion', () => {
  it('accepts the proof of every leaf of small trees', async () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++)
        expect(await isIncluded(inclusionOf(index, size))).toBe(true);
    }
  });

  it('accepts the proof of any leaf', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ([index, size]) => {
        expect(await isIncluded(inclusionOf(index, size))).toBe(true);
      }),
    );
  });

  it('refuses any other path', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), async ([index, size], bit) => {
        const proof = inclusionOf(index, size);
        for (const path of forgedPaths(proof.path, bit))
          expect(await isIncluded({ ...proof, path })).toBe(false);
      }),
    );
  });

  it('refuses another leaf hash, root or index', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), fc.nat({ max: 700 }), async ([index, size], bit, other) => {
        const proof = inclusionOf(index, size);
        expect(await isIncluded({ ...proof, leafHash: flipBit(proof.leafHash, bit) })).toBe(false);
        expect(await isIncluded({ ...proof, root: flipBit(proof.root, bit) })).toBe(false);
        if (other !== index) expect(await isIncluded({ ...proof, index: other })).toBe(false);
      }),
    );
  });

  it('refuses a size whose path would have another length', async () => {
    const proof = inclusionOf(3, 8);
    expect(await isIncluded({ ...proof, size: 9 })).toBe(false);
    expect(await isIncluded({ ...proof, size: 4 })).toBe(false);
  });

  it.each([
    ['an index beyond the tree', { index: 8 }],
    ['an empty tree', { index: 0, size: 0, path: [] }],
    ['a negative index', { index: -1 }],
    ['half an index', { index: 2.5 }],
    ['an index that is no number', { index: NaN }],
    ['a size beyond 2^53', { size: 2 ** 53 }],
    ['an endless size', { size: Infinity }],
    ['a path without end', { path: Array.from({ length: 10_000 }, () => OTHER) }],
  ])('refuses %s', async (_, change) => {
    expect(await isIncluded({ ...inclusionOf(3, 8), ...change })).toBe(false);
  });

  it('refuses hashes that are not 32 bytes, so that no byte can move from one to its neighbour', async () => {
    const proof = inclusionOf(0, 2);
    const [sibling = OTHER] = proof.path;
    const shorter = proof.leafHash.slice(0, 31);
    const longer = Buffer.concat([proof.leafHash.slice(31), sibling]);
    expect(await isIncluded({ ...proof, leafHash: shorter, path: [longer] })).toBe(false);
    expect(
      await isIncluded({ ...proof, size: 1, path: [], leafHash: Buffer.alloc(0), root: Buffer.alloc(0) }),
    ).toBe(false);
  });

  it('refuses a path that goes on above the root, even if it leads to the root it claims', async () => {
    const [leafHash = OTHER] = HASHES;
    const proof = { leafHash, index: 0, size: 1, path: [OTHER], root: naiveNodeHash(OTHER, leafHash) };
    expect(await isIncluded(proof)).toBe(false);
  });

  it('refuses an index that is the size, even if the leaf is the root', async () => {
    const [leafHash = OTHER] = HASHES;
    expect(await isIncluded({ leafHash, index: 1, size: 1, path: [], root: leafHash })).toBe(false);
  });

  it('counts beyond 32 bits', async () => {
    // The last leaf of 2^40 + 1: its only sibling is the complete subtree of 2^40.
    const root = naiveNodeHash(OTHER, HASHES[0] ?? OTHER);
    const proof = { leafHash: HASHES[0] ?? OTHER, index: 2 ** 40, size: 2 ** 40 + 1, path: [OTHER], root };
    expect(await isIncluded(proof)).toBe(true);
    expect(await isIncluded({ ...proof, index: 2 ** 40 - 2 ** 32 })).toBe(false);
    expect(await isIncluded({ ...proof, index: 0 })).toBe(false);
    // The last leaf of 2^40: a right child at each of the 40 levels.
    const path = Array.from({ length: 40 }, () => OTHER);
    const top = path.reduce((hash: Uint8Array, sibling) => naiveNodeHash(sibling, hash), proof.leafHash);
    expect(await isIncluded({ ...proof, index: 2 ** 40 - 1, size: 2 ** 40, path, root: top })).toBe(true);
  });
});

describe('verifyConsistency', () => {
  it('accepts the proof between all sizes of a small tree', async () => {
    for (let second = 1; second <= 40; second++) {
      for (let first = 1; first <= second; first++) {
        expect(await isConsistent(consistencyOf(first, second))).toBe(true);
      }
    }
  });

  it('accepts the proof between any two sizes', async () => {
    await fc.assert(
      fc.asyncProperty(growth, async ([first, second]) => {
        expect(await isConsistent(consistencyOf(first, second))).toBe(true);
      }),
    );
  });

  it('refuses any other path', async () => {
    await fc.assert(
      fc.asyncProperty(growth, fc.nat(), async ([first, second], bit) => {
        const proof = consistencyOf(first, second);
        for (const path of forgedPaths(proof.path, bit)) {
          expect(await isConsistent({ ...proof, path })).toBe(false);
        }
      }),
    );
  });

  it('refuses other roots', async () => {
    await fc.assert(
      fc.asyncProperty(growth, fc.nat(), async ([first, second], bit) => {
        const proof = consistencyOf(first, second);
        expect(await isConsistent({ ...proof, firstRoot: flipBit(proof.firstRoot, bit) })).toBe(false);
        expect(await isConsistent({ ...proof, secondRoot: flipBit(proof.secondRoot, bit) })).toBe(false);
      }),
    );
  });

  it('refuses a tree in which an old leaf was changed, whatever path comes with it', async () => {
    await fc.assert(
      fc.asyncProperty(growth, fc.nat(), async ([first, second], at) => {
        const rewritten = new NaiveTree(HASHES.slice(0, second).with(at % first, OTHER));
        const proof = {
          ...consistencyOf(first, second),
          secondRoot: rewritten.root(second),
          path: rewritten.consistency(first, second),
        };
        expect(await isConsistent(proof)).toBe(false);
      }),
    );
  });

  it('takes the empty tree for the beginning of any, with nothing to prove', async () => {
    const proof = { ...consistencyOf(1, 5), first: 0, firstRoot: EMPTY_ROOT, path: [] };
    expect(await isConsistent(proof)).toBe(true);
    expect(await isConsistent({ ...proof, second: 0, secondRoot: EMPTY_ROOT })).toBe(true);
    expect(await isConsistent({ ...proof, firstRoot: OTHER })).toBe(false);
    expect(await isConsistent({ ...proof, path: [OTHER] })).toBe(false);
  });

  it.each([
    // Each comes to the roots it claims, by a path that is not one between those sizes.
    ['shrinks', { first: 6, second: 3, secondRoot: naiveNodeHash(OTHER, OTHER), path: [OTHER, OTHER] }],
    ['stops halfway', { first: 3, second: 4, secondRoot: OTHER, path: [OTHER] }],
  ])('refuses a path that %s', async (_, proof) => {
    expect(await isConsistent({ firstRoot: OTHER, ...proof })).toBe(false);
  });

  it('refuses a path that goes on above the roots', async () => {
    const proof = consistencyOf(3, 4);
    const firstRoot = naiveNodeHash(OTHER, proof.firstRoot);
    const secondRoot = naiveNodeHash(OTHER, proof.secondRoot);
    expect(await isConsistent({ ...proof, firstRoot, secondRoot, path: [...proof.path, OTHER] })).toBe(false);
  });

  it.each([
    ['a tree that shrank', { first: 6, second: 3 }],
    ['an empty path between two sizes', { path: [] }],
    ['an empty path from a complete tree', { first: 4, path: [] }],
    ['a path between equal sizes', { second: 3 }],
    ['a negative size', { first: -1 }],
    ['half a size', { first: 2.5 }],
    ['a size beyond 2^53', { second: 2 ** 53 }],
    ['a path without end', { path: Array.from({ length: 10_000 }, () => OTHER) }],
    ['a hash that is too short', { path: [OTHER.subarray(1)] }],
    ['a hash that is too long', { path: [Buffer.concat([OTHER, OTHER])] }],
    ['roots that are none', { second: 3, path: [], firstRoot: Buffer.alloc(0), secondRoot: Buffer.alloc(0) }],
  ])('refuses %s', async (_, change) => {
    expect(await isConsistent({ ...consistencyOf(3, 6), ...change })).toBe(false);
  });
});
