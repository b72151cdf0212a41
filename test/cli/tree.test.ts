import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  MAX_LEVELS,
  type TreeLine,
  type TreeNode,
  childLinks,
  drawTree,
  parentLinks,
} from '../../src/cli/tree.js';

const node = (index: number, ...parents: number[]): TreeNode => ({
  jti: `t${index}`,
  index,
  parents: parents.map((parent) => `t${parent}`),
});

function drawing(lines: Iterable<TreeLine<TreeNode>>): string[] {
  return Array.from(lines, (line) => {
    if (line.kind === 'gap') return '';
    if (line.kind === 'cut') return `${line.prefix}cut ${line.count}`;
    return `${line.prefix}${line.kind === 'node' ? '' : `${line.kind} `}${line.node.jti}`;
  });
}

/** Any graph at all: cycles, names that nobody has, several nodes of one name. */
const anyGraph = fc.array(
  fc.record({
    jti: fc.integer({ min: 0, max: 30 }).map(String),
    index: fc.nat(),
    parents: fc.array(fc.integer({ min: 0, max: 40 }).map(String), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('drawTree', () => {
  test('draws a fan-in once and refers to it from the second way', () => {
    const nodes = [node(4, 2, 3), node(2, 1), node(3, 1), node(1)];
    expect(drawing(drawTree(nodes, nodes.slice(0, 1), parentLinks(nodes)))).toEqual([
      't4',
      '├─ t2',
      '│  └─ t1',
      '└─ t3',
      '   └─ seen t1',
    ]);
  });

  test('draws towards the children of the roots', () => {
    const nodes = [node(1), node(2, 1), node(3, 1), node(4, 2, 3)];
    expect(drawing(drawTree(nodes, nodes.slice(0, 1), childLinks(nodes)))).toEqual([
      't1',
      '├─ t2',
      '│  └─ t4',
      '└─ t3',
      '   └─ seen t4',
    ]);
  });

  test('says how many parents the answer left out', () => {
    const nodes = [node(9, 1, 2, 3), node(3, 1)];
    expect(drawing(drawTree(nodes, nodes.slice(0, 1), parentLinks(nodes)))).toEqual([
      't9',
      '├─ t3',
      '│  └─ cut 1',
      '└─ cut 2',
    ]);
  });

  test('goes on in a new section where a branch gets too deep', () => {
    const nodes = Array.from({ length: MAX_LEVELS + 3 }, (_, at) => node(100 - at, 99 - at));
    const lines = drawing(drawTree(nodes, nodes.slice(0, 1), parentLinks(nodes)));
    const tail = lines.slice(MAX_LEVELS).map((line) => line.trim());
    expect(tail).toEqual(['└─ below t80', '', 't80', '└─ t79', '└─ t78', '└─ cut 1']);
  });

  test('draws a chain of 10 000 tasks without using up the stack, in lines that stay short', () => {
    const nodes = Array.from({ length: 10_000 }, (_, at) => node(10_000 - at, 9_999 - at));
    const lines = [...drawTree(nodes, nodes.slice(0, 1), parentLinks(nodes))];
    expect(lines.filter(({ kind }) => kind === 'node')).toHaveLength(10_000);
    const prefixes = lines.flatMap((line) => ('prefix' in line ? [line.prefix.length] : []));
    expect(Math.max(...prefixes)).toBe(3 * MAX_LEVELS);
  });

  test.each([
    ['parents', parentLinks<TreeNode>],
    ['children', childLinks<TreeNode>],
  ])('shows every node in full exactly once, along %s, whatever the graph', (_, links) => {
    fc.assert(
      fc.property(anyGraph, fc.nat(), (nodes, rootCount) => {
        const full = [...drawTree(nodes, nodes.slice(0, rootCount), links(nodes))].flatMap((line) =>
          line.kind === 'node' ? [line.node] : [],
        );
        expect(full).toHaveLength(nodes.length);
        expect(new Set(full)).toEqual(new Set(nodes));
      }),
    );
  });

  test('refers only upwards to what was seen, and downwards to what goes on below', () => {
    fc.assert(
      fc.property(anyGraph, (nodes) => {
        const lines = [...drawTree(nodes, nodes.slice(0, 1), parentLinks(nodes))];
        const placeOf = new Map(
          lines.flatMap((line, at) => (line.kind === 'node' ? [[line.node, at] as const] : [])),
        );
        for (const [at, line] of lines.entries()) {
          if (line.kind === 'seen') expect(placeOf.get(line.node)).toBeLessThan(at);
          if (line.kind === 'below') expect(placeOf.get(line.node)).toBeGreaterThan(at);
        }
      }),
    );
  });
});
