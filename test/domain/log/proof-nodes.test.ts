import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consistencyNodes, inclusionNodes, rootNodes } from '../../../src/domain/log/proof-nodes.js';

const MAX_SIZE = Number.MAX_SAFE_INTEGER;
const anySize = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 53 }).map((bits) => Math.min(2 ** bits, MAX_SIZE)),
);

const leavesOf = (nodes: readonly { level: number; index: number }[]) =>
  nodes.map(({ level, index }) => [index * 2 ** level, (index + 1) * 2 ** level] as const);

describe('rootNodes', () => {
  it.each([
    [0, []],
    [1, [{ level: 0, index: 0 }]],
    [
      7,
      [
        { level: 2, index: 0 },
        { level: 1, index: 2 },
        { level: 0, index: 6 },
      ],
    ],
    [8, [{ level: 3, index: 0 }]],
    [2 ** 53 - 1, Array.from({ length: 53 }, (_, at) => ({ level: 52 - at, index: 2 ** (at + 1) - 2 }))],
  ])('names the complete subtrees of %d leaves', (size, nodes) => {
    expect(rootNodes(size)).toEqual(nodes);
  });

  it('covers every leaf once, in order', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        const ranges = leavesOf(rootNodes(size));
        expect([0, ...ranges.map(([, end]) => end)]).toEqual([...ranges.map(([begin]) => begin), size]);
      }),
    );
  });
});

describe('inclusionNodes', () => {
  it('covers, for any size, every leaf but the one to be proved, with one hash a level', () => {
    fc.assert(
      fc.property(
        anySize.filter((size) => size > 0),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (size, where) => {
          const index = Math.floor(where * size);
          const nodes = inclusionNodes(index, size);
          expect(nodes.length).toBeLessThanOrEqual(53);
          const ranges = [...leavesOf(nodes.flat()), [index, index + 1] as const].sort((a, b) => a[0] - b[0]);
          expect([0, ...ranges.map(([, end]) => end)]).toEqual([...ranges.map(([begin]) => begin), size]);
        },
      ),
    );
  });

  it.each([
    [0, 0],
    [5, 5],
    [-1, 5],
    [0.5, 5],
    [NaN, 5],
    [0, 2 ** 53],
  ])('has nothing for leaf %d of %d', (index, size) => {
    expect(() => inclusionNodes(index, size)).toThrow(RangeError);
  });
});

describe('consistencyNodes', () => {
  it('needs few hashes between any sizes', () => {
    fc.assert(
      fc.property(anySize, anySize, (one, other) => {
        const nodes = consistencyNodes(Math.min(one, other), Math.max(one, other));
        // C2SP tlog-witness accepts no more than 63.
        expect(nodes.length).toBeLessThanOrEqual(54);
      }),
    );
  });

  it('needs nothing between equal sizes and from an empty tree', () => {
    expect(consistencyNodes(0, 0)).toEqual([]);
    expect(consistencyNodes(0, 9)).toEqual([]);
    expect(consistencyNodes(9, 9)).toEqual([]);
  });

  it.each([
    [6, 5],
    [-1, 5],
    [0.5, 5],
    [5, Infinity],
  ])('has nothing between %d and %d', (first, second) => {
    expect(() => consistencyNodes(first, second)).toThrow(RangeError);
  });
});
