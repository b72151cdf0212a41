import { createHash } from 'node:crypto';

/**
 * RFC 9162 §2.1 word for word over leaf hashes: what the tests hold the real thing to. `[begin, end)` is the RFC's D[n]. Nothing is clever
 * here but that a root once computed is remembered.
 */
export class NaiveTree {
  private readonly roots = new Map<string, Buffer>();

  constructor(readonly hashes: readonly Uint8Array[]) {}

  /** MTH. */
  root(end: number, begin = 0): Buffer {
    const range = `${begin}-${end}`;
    const root = this.roots.get(range) ?? this.computeRoot(begin, end);
    this.roots.set(range, root);
    return root;
  }

  /** PATH(m, D[n]). */
  path(m: number, end: number, begin = 0): Buffer[] {
    if (end - begin <= 1) return [];
    const middle = begin + split(end - begin);
    return m < middle
      ? [...this.path(m, middle, begin), this.root(end, middle)]
      : [...this.path(m, end, middle), this.root(middle, begin)];
  }

  /** PROOF(m, D[n]). */
  consistency(m: number, end: number): Buffer[] {
    return m === 0 ? [] : this.subproof(m, 0, end, true);
  }

  private subproof(m: number, begin: number, end: number, isWhole: boolean): Buffer[] {
    if (m === end) return isWhole ? [] : [this.root(end, begin)];
    const middle = begin + split(end - begin);
    return m <= middle
      ? [...this.subproof(m, begin, middle, isWhole), this.root(end, middle)]
      : [...this.subproof(m, middle, end, false), this.root(middle, begin)];
  }

  private computeRoot(begin: number, end: number): Buffer {
    if (begin === end) return createHash('sha256').digest();
    if (end - begin === 1) return Buffer.from(this.hashes[begin] ?? []);
    const middle = begin + split(end - begin);
    return naiveNodeHash(this.root(middle, begin), this.root(end, middle));
  }
}

function naiveLeafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest();
}

export function naiveNodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** Leaf hashes that differ from one another. */
export function someLeafHashes(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => naiveLeafHash(Buffer.from(`leaf ${at}`)));
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
