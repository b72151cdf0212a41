/** Breadth first over plain maps, written to be obviously right rather than fast. */
export function naiveReach(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const depths = new Map([[start, 0]]);
  let changed = true;
  while (changed) {
    changed = false;
    for (const [node, depth] of [...depths]) {
      for (const next of edges.get(node) ?? []) {
        if ((depths.get(next) ?? Infinity) <= depth + 1) continue;
        depths.set(next, depth + 1);
        changed = true;
      }
    }
  }
  return depths;
}
