import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Hash, verifyConsistency, verifyInclusion } from '../../../src/domain/log/merkle.js';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import { consistencyNodes, inclusionNodes, rootNodes } from '../../../src/domain/log/proof-nodes.js';
import { EMPTY_EDGE, growEdge } from '../../../src/domain/log/right-edge.js';
import { hashFromTiles, proofFromTiles } from '../../../src/domain/log/stored-tiles.js';
import { EMPTY_ROOT, leafHash, treeRoot } from '../../../src/domain/log/tree-hash.js';
import { NaiveTree } from './naive-tree.js';
import { TileStore } from './tile-store.js';

interface Suite {
  readonly name: string;
  readonly leaves_hex: readonly string[];
  readonly empty_root: string;
  readonly roots: readonly { readonly size: number; readonly root: string }[];
  readonly inclusion: readonly {
    readonly index: number;
    readonly size: number;
    readonly leaf_hash: string;
    readonly path: readonly string[];
  }[];
  readonly consistency: readonly {
    readonly first: number;
    readonly second: number;
    readonly path: readonly string[];
  }[];
}

const { suites } = JSON.parse(
  readFileSync(new URL('../../vectors/merkle.json', import.meta.url), 'utf8'),
) as {
  readonly suites: readonly Suite[];
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Hash => Buffer.from(text, 'hex');

describe.each(suites.map((suite) => [suite.name, suite] as const))('the vectors of %s', (_, suite) => {
  const hashes = suite.leaves_hex.map((leaf) => leafHash(unhex(leaf)));
  const naive = new NaiveTree(hashes);
  const store = new TileStore();
  store.fill(hashes);

  it('has the root of the empty tree', () => {
    expect(hex(EMPTY_ROOT)).toBe(suite.empty_root);
  });

  it.each(suite.roots)('has the root of $size leaves, computed in each way', ({ size, root }) => {
    const first = hashes.slice(0, size);
    expect(hex(treeRoot(first))).toBe(root);
    expect(hex(growEdge(EMPTY_EDGE, first).root)).toBe(root);
    expect(hex(hashFromTiles(rootNodes(size), store.read))).toBe(root);
    expect(hex(naive.root(size))).toBe(root);
  });

  it.each(suite.inclusion)('proves leaf $index of $size', async ({ index, size, leaf_hash, path }) => {
    expect(hex(hashes[index] ?? EMPTY_ROOT)).toBe(leaf_hash);
    expect(proofFromTiles(inclusionNodes(index, size), store.read).map(hex)).toEqual(path);
    expect(naive.path(index, size).map(hex)).toEqual(path);
    const proof = {
      index,
      size,
      leafHash: unhex(leaf_hash),
      path: path.map(unhex),
      root: treeRoot(hashes.slice(0, size)),
    };
    expect(await verifyInclusion(proof, nodeCrypto.sha256)).toBe(true);
  });

  it.each(suite.consistency)('proves $first consistent with $second', async ({ first, second, path }) => {
    expect(proofFromTiles(consistencyNodes(first, second), store.read).map(hex)).toEqual(path);
    expect(naive.consistency(first, second).map(hex)).toEqual(path);
    const proof = {
      first,
      second,
      firstRoot: treeRoot(hashes.slice(0, first)),
      secondRoot: treeRoot(hashes.slice(0, second)),
      path: path.map(unhex),
    };
    expect(await verifyConsistency(proof, nodeCrypto.sha256)).toBe(true);
  });
});
