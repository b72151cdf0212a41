/** Where a walk ends. */
export interface TraversalBounds {
  /** How many nodes at most, the starts included. */
  readonly limit: number;
  /** How many steps at most; without it no bound. */
  readonly depth?: number | undefined;
}

export interface Traversal {
  /** By depth, then index; the starts first. `depth` is the shortest distance. */
  readonly visited: readonly { readonly index: number; readonly depth: number }[];
  /** Whether a bound cut something off. */
  readonly truncated: boolean;
}

/**
 * Walks a DAG breadth first from `starts`, level by level, each node once (ECT §6.4: a walk is bounded and says so).
 *
 * @param starts by index, each once; of very many only the lowest `limit + 1` are needed
 * @param neighbours direct parents (or children) of a node; of very many only the lowest `limit + 1` indices are needed
 */
export function traverse(
  starts: readonly number[],
  neighbours: (index: number) => readonly number[],
  bounds: TraversalBounds,
): Traversal {
  const seen = new Set(starts);
  const visited = starts.slice(0, bounds.limit).map((index) => ({ index, depth: 0 }));
  if (starts.length > bounds.limit) return { visited, truncated: true };
  let level = starts;
  for (let depth = 1; level.length > 0; depth++) {
    const next = nextLevel(level, seen, neighbours);
    if (next.length === 0) break;
    if (bounds.depth !== undefined && depth > bounds.depth) return { visited, truncated: true };
    const room = bounds.limit - visited.length;
    for (const index of next.slice(0, room)) visited.push({ index, depth });
    if (next.length > room) return { visited, truncated: true };
    level = next;
  }
  return { visited, truncated: false };
}

function nextLevel(
  level: readonly number[],
  seen: Set<number>,
  neighbours: (index: number) => readonly number[],
): number[] {
  const next: number[] = [];
  for (const index of level) {
    for (const neighbour of neighbours(index)) {
      if (seen.has(neighbour)) continue;
      seen.add(neighbour);
      next.push(neighbour);
    }
  }
  return next.sort((a, b) => a - b);
}
