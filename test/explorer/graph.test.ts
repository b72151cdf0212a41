import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TaskNode } from '../../explorer/src/api/wire.js';
import { CARD_HEIGHT, CARD_WIDTH } from '../../explorer/src/graph/drawing.js';
import { layeredLayout } from '../../explorer/src/graph/layered-layout.js';
import { reach, type TaskGraph, taskGraph } from '../../explorer/src/graph/task-graph.js';

const nameOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** @param parents of each task, the numbers of earlier ones */
const graphOf = (parents: readonly (readonly number[])[]): TaskGraph =>
  taskGraph(
    parents.map((ofThis, index): TaskNode => ({
      jti: nameOf(index),
      index,
      iss: 'urn:a',
      exec_act: 'act',
      iat: 1,
      recorded_at: '2026-11-23T02:00:00.123Z',
      parents: ofThis.map(nameOf),
    })),
  );

const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 80 })
  .map((wishes) =>
    graphOf(
      wishes.map((wish, index) => (index === 0 ? [] : [...new Set(wish.map((number) => number % index))])),
    ),
  );

const layoutOf = ({ tasks, layers, parents }: TaskGraph) =>
  layeredLayout({
    count: tasks.length,
    layers,
    pairs: parents.flatMap((ofThis, to) => ofThis.map((from) => [from, to, 1] as const)),
  });

describe('a graph of tasks', () => {
  test('has every task in a later layer than its parents', () => {
    fc.assert(
      fc.property(graphs, ({ parents, layers }) =>
        parents.every((ofThis, position) =>
          ofThis.every((parent) => (layers[parent] ?? 0) < (layers[position] ?? 0)),
        ),
      ),
    );
  });

  test('reaches ancestors and descendants as deep as asked', () => {
    const graph = graphOf([[], [0], [0], [1, 2], [3]]);
    expect([...reach(graph, 3, 'ancestry')].sort()).toEqual([0, 1, 2, 3]);
    expect([...reach(graph, 3, 'ancestry', 1)].sort()).toEqual([1, 2, 3]);
    expect([...reach(graph, 1, 'descendants')].sort()).toEqual([1, 3, 4]);
    expect([...reach(graph, 3, 'both', 1)].sort()).toEqual([1, 2, 3, 4]);
  });

  test('leaves out parents that are not there', () => {
    expect(graphOf([[], [0, 7]]).parents).toEqual([[], [0]]);
  });
});

describe('the fast layout', () => {
  test('lays no card over another, and all of them within its bounds', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { x, y, width, height } = layoutOf(graph);
        const overlaps = x.some((left, one) =>
          x.some(
            (other, two) =>
              one < two &&
              Math.abs(left - other) < CARD_WIDTH &&
              Math.abs((y[one] ?? 0) - (y[two] ?? 0)) < CARD_HEIGHT,
          ),
        );
        const isInside = x.every((left, at) => {
          const top = y[at] ?? 0;
          return left >= 0 && top >= 0 && left + CARD_WIDTH <= width + 1 && top + CARD_HEIGHT <= height + 1;
        });
        return !overlaps && isInside;
      }),
    );
  });

  test('places ten thousand tasks in well under a second', () => {
    const graph = graphOf(
      Array.from({ length: 10_000 }, (_, index) => (index < 100 ? [] : [index - 100, index - 50])),
    );
    const startedMs = performance.now();
    layoutOf(graph);
    // The machine may be busy; the careful layout would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
