import type { Hash } from './merkle.js';
import { type NodeId, type ProofNode, rootNodes } from './proof-nodes.js';
import type { RightEdge } from './right-edge.js';
import { foldRightEdge, nodeHash } from './tree-hash.js';

/**
 * The complete subtrees that a batch of leaves brought about, beside those that stood at the right edge before: enough for every tile row
 * and for the inclusion path of every leaf of the batch, since to the left of a new leaf there are only such.
 */
export class GrownNodes {
  readonly size: number;
  private readonly sizeBefore: number;
  /** By level; the only subtree of its level that the batch can have needed. */
  private readonly peaksBefore: ReadonlyMap<number, Hash>;
  /** By level, in order; the first is number ⌊sizeBefore / 2^level⌋ of its level. */
  private readonly grown: Hash[][] = [];
  /** Folds of the right edge, by how many subtrees they join: the paths of a batch share them. */
  private readonly folds = new Map<number, Hash>();

  /** @throws RangeError when the edge has not one peak for each bit of its size */
  constructor({ size, peaks }: RightEdge, leafHashes: readonly Hash[]) {
    const nodes = rootNodes(size);
    if (nodes.length !== peaks.length)
      throw new RangeError(`${peaks.length} peaks do not make a tree of ${size}`);
    this.sizeBefore = size;
    this.peaksBefore = new Map(peaks.map((peak, at) => [nodes[at]?.level ?? 0, peak]));
    for (const [at, hash] of leafHashes.entries()) this.append(size + at, hash);
    this.size = size + leafHashes.length;
  }

  /** The subtrees of a level that are new. */
  grownAt(level: number): { readonly first: number; readonly hashes: readonly Hash[] } {
    return { first: this.firstAt(level), hashes: this.grown[level] ?? [] };
  }

  /** One hash of a proof in the grown tree. @throws RangeError when the batch has nothing to do with it */
  hashOf(node: ProofNode): Hash {
    const [only, ...more] = node;
    if (only !== undefined && more.length === 0) return this.rootOf(only);
    // Several subtrees are always the last ones of the tree.
    const hash = this.folds.get(node.length) ?? foldRightEdge(node.map((id) => this.rootOf(id)));
    this.folds.set(node.length, hash);
    return hash;
  }

  /** The root of a complete subtree. @throws RangeError when it is neither new nor stood at the right edge before */
  rootOf({ level, index }: NodeId): Hash {
    const first = this.firstAt(level);
    const hash = index === first - 1 ? this.peaksBefore.get(level) : this.grown[level]?.[index - first];
    if (hash === undefined) throw new RangeError(`subtree ${index} at level ${level} is not of this batch`);
    return hash;
  }

  private append(index: number, leafHash: Hash): void {
    let hash = leafHash;
    let at = { level: 0, index };
    this.add(at.level, hash);
    // A right child completes its parent, which may be a right child in turn.
    while (at.index % 2 === 1) {
      hash = nodeHash(this.rootOf({ level: at.level, index: at.index - 1 }), hash);
      at = { level: at.level + 1, index: (at.index - 1) / 2 };
      this.add(at.level, hash);
    }
  }

  private add(level: number, hash: Hash): void {
    const hashes = this.grown[level];
    if (hashes) hashes.push(hash);
    else this.grown[level] = [hash];
  }

  private firstAt(level: number): number {
    return Math.floor(this.sizeBefore / 2 ** level);
  }
}
