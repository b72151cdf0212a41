import type { DagNode } from '../entry.js';

/** Tasks to show outside the ledger: an ancestry, descendants or a workflow. */
export interface TaskGraph {
  /** What it shows, in our words: nothing of a token but UUIDs. */
  readonly title: string;
  readonly nodes: readonly DagNode[];
  /** Whether a bound cut something off. */
  readonly truncated: boolean;
}

/** What every format says of a graph that is not whole. */
export const TRUNCATED_NOTE = 'Truncated: limit or depth cut something off';

/** A task and its parents, in the order of its token; a bare `jti` is a parent that the graph does not show. */
export interface LinkedTask {
  readonly node: DagNode;
  readonly parents: readonly (DagNode | string)[];
}

/**
 * Finds each task's parents among the shown tasks (ECT §6.2): with a workflow in the same one; without, the only one of that `jti`
 * recorded before.
 */
export function linkTasks(nodes: readonly DagNode[]): readonly LinkedTask[] {
  const byJti = new Map<string, DagNode[]>();
  for (const node of nodes) {
    const same = byJti.get(node.jti);
    if (same) same.push(node);
    else byJti.set(node.jti, [node]);
  }
  const isParent = (child: DagNode, { wid, index }: DagNode) =>
    index < child.index && (child.wid === undefined || child.wid === wid);
  return nodes.map((node) => ({
    node,
    parents: node.parents.map((jti) => byJti.get(jti)?.find((other) => isParent(node, other)) ?? jti),
  }));
}
