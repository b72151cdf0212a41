/** What the drawing needs to know of a task. */
export interface TreeNode {
  readonly jti: string;
  readonly index: number;
  readonly parents: readonly string[];
}

/**
 * A line of the drawing; `prefix` is the branch in front of it.
 * `node`: the task in full, once. `seen`: a task that stands in full further up. `below`: it is drawn in a section of its own further
 * down, since the branch got too deep. `cut`: `count` parents that the answer does not contain. `gap`: a new section begins.
 */
export type TreeLine<N> =
  | { readonly kind: 'node' | 'seen' | 'below'; readonly prefix: string; readonly node: N }
  | { readonly kind: 'cut'; readonly prefix: string; readonly count: number }
  | { readonly kind: 'gap' };

/** Levels of a section (3 columns each): a chain of 10 000 tasks stays readable, and its drawing does not grow with the square. */
export const MAX_LEVELS = 20;

export interface Links<N> {
  readonly next: (node: N) => readonly N[];
  /** How many links lead out of what is shown. */
  readonly cut: (node: N) => number;
}

/** From a task to its parents. */
export function parentLinks<N extends TreeNode>(nodes: readonly N[]): Links<N> {
  const byJti = groupBy(nodes, (node) => [node.jti]);
  return {
    next: (node) => node.parents.flatMap((jti) => byJti.get(jti) ?? []),
    cut: (node) => node.parents.filter((jti) => !byJti.has(jti)).length,
  };
}

/** From a task to those that name it as parent. */
export function childLinks<N extends TreeNode>(nodes: readonly N[]): Links<N> {
  const byParent = groupBy(nodes, (node) => new Set(node.parents));
  return { next: (node) => byParent.get(node.jti) ?? [], cut: () => 0 };
}

function groupBy<N>(nodes: readonly N[], keysOf: (node: N) => Iterable<string>): ReadonlyMap<string, N[]> {
  const groups = new Map<string, N[]>();
  for (const node of nodes) {
    for (const key of keysOf(node)) {
      const group = groups.get(key);
      if (group) group.push(node);
      else groups.set(key, [node]);
    }
  }
  return groups;
}

/**
 * Draws a DAG as trees: from the roots, then from whatever they do not reach. Every node stands in full exactly once; each further way to
 * it is a reference. Without recursion, so that depth is bounded by memory only. Terminates for any input, cycles included.
 */
export function* drawTree<N extends TreeNode>(
  nodes: readonly N[],
  roots: readonly N[],
  links: Links<N>,
): Generator<TreeLine<N>> {
  const drawn = new Set<N>();
  for (const root of [...roots, ...nodes]) {
    const sections = [root];
    // Grows while it is walked: a branch that gets too deep goes on in a section of its own.
    for (const section of sections) {
      if (drawn.has(section)) continue;
      if (drawn.size > 0) yield { kind: 'gap' };
      yield* drawSection(section, links, { drawn, sections });
    }
  }
}

interface Progress<N> {
  readonly drawn: Set<N>;
  readonly sections: N[];
}

interface Branch<N> {
  readonly target: N | { readonly cut: number };
  readonly prefix: string;
  /** What stands before the branches below this one. */
  readonly indent: string;
  readonly level: number;
}

function* drawSection<N extends TreeNode>(
  root: N,
  links: Links<N>,
  progress: Progress<N>,
): Generator<TreeLine<N>> {
  const stack: Branch<N>[] = [{ target: root, prefix: '', indent: '', level: 0 }];
  for (let branch = stack.pop(); branch; branch = stack.pop()) {
    const { target, prefix } = branch;
    if ('cut' in target) {
      yield { kind: 'cut', prefix, count: target.cut };
      continue;
    }
    const isSeen = progress.drawn.has(target);
    const kind = isSeen ? 'seen' : goesTooDeep(target, branch.level, links) ? 'below' : 'node';
    yield { kind, prefix, node: target };
    if (kind === 'below') progress.sections.push(target);
    if (kind !== 'node') continue;
    progress.drawn.add(target);
    stack.push(...branchesOf(target, branch, links).reverse());
  }
}

function goesTooDeep<N>(node: N, level: number, links: Links<N>): boolean {
  return level >= MAX_LEVELS && (links.next(node).length > 0 || links.cut(node) > 0);
}

function branchesOf<N>(node: N, branch: Branch<N>, links: Links<N>): Branch<N>[] {
  const cut = links.cut(node);
  const targets = [...links.next(node), ...(cut > 0 ? [{ cut }] : [])];
  return targets.map((target, at) => {
    const isLast = at === targets.length - 1;
    return {
      target,
      prefix: `${branch.indent}${isLast ? '└─ ' : '├─ '}`,
      indent: `${branch.indent}${isLast ? '   ' : '│  '}`,
      level: branch.level + 1,
    };
  });
}
