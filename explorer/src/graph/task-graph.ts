import type { TaskNode } from '../api/wire.js';

/** Tasks and who names whom as parent. Tasks are spoken of by their position in `tasks`. */
export interface TaskGraph {
  /** By index in the log, so that parents stand before their children. */
  readonly tasks: readonly TaskNode[];
  /** Position of each task by its name. */
  readonly positions: ReadonlyMap<string, number>;
  /** Positions; parents that are not in the graph are left out. */
  readonly parents: readonly (readonly number[])[];
  readonly children: readonly (readonly number[])[];
  /** Longest way from a root: 0 for roots, and always more than that of every parent. */
  readonly layers: readonly number[];
}

export function taskGraph(nodes: readonly TaskNode[]): TaskGraph {
  const tasks = [...nodes].sort((a, b) => a.index - b.index);
  const positions = new Map(tasks.map(({ jti }, position) => [jti, position]));
  const parents = tasks.map(({ parents: names }, position) =>
    names.map((name) => positions.get(name)).filter((parent) => parent !== undefined && parent < position),
  ) as number[][];
  const children: number[][] = tasks.map(() => []);
  const layers: number[] = [];
  for (const [position, ofThis] of parents.entries()) {
    layers.push(ofThis.reduce((layer, parent) => Math.max(layer, (layers[parent] ?? 0) + 1), 0));
    for (const parent of ofThis) children[parent]?.push(position);
  }
  return { tasks, positions, parents, children, layers };
}

export type Direction = 'ancestry' | 'descendants' | 'both';

/** The tasks within `depth` steps of one, itself included. */
export function reach(
  { parents, children }: TaskGraph,
  start: number,
  direction: Direction,
  depth = Infinity,
): ReadonlySet<number> {
  const reached = new Set([start]);
  const walk = (links: readonly (readonly number[])[]) => {
    const seen = new Set([start]);
    let front = [start];
    for (let step = 0; step < depth && front.length > 0; step += 1) {
      const next = new Set(front.flatMap((position) => links[position] ?? []));
      front = [...next].filter((position) => !seen.has(position));
      for (const position of front) seen.add(position);
    }
    for (const position of seen) reached.add(position);
  };
  if (direction !== 'descendants') walk(parents);
  if (direction !== 'ancestry') walk(children);
  return reached;
}

/** A part of the graph as a graph of its own. */
export function part({ tasks }: TaskGraph, keep: (position: number) => boolean): TaskGraph {
  return taskGraph(tasks.filter((_, position) => keep(position)));
}
