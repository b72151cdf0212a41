import type { NodeReply } from './replies.js';
import { type Span, type Style, type Terminal, styled } from './terminal.js';
import { type Links, type TreeLine, drawTree } from './tree.js';

/** Columns below which issuers and ids are shortened, so that a line stays a line. */
const WIDE = 140;

const DECISION_STYLES: Readonly<Record<string, Style>> = {
  approved: 'green',
  rejected: 'red',
  pending_human_review: 'yellow',
};

/** Prints a graph as a tree and, if the terminal is narrow, where the full ids are. */
export async function printGraph(
  terminal: Terminal,
  graph: { readonly nodes: readonly NodeReply[]; readonly roots: readonly NodeReply[] },
  links: Links<NodeReply>,
): Promise<void> {
  const isNarrow = terminal.columns !== undefined && terminal.columns < WIDE;
  for (const line of drawTree(graph.nodes, graph.roots, links)) {
    await terminal.print(...describeLine(line, isNarrow));
  }
  if (isNarrow)
    await terminal.note(
      styled('dim', 'Ids are shortened to the width of the terminal; --json has them in full.'),
    );
}

/** The words of one line of the tree. */
function describeLine(line: TreeLine<NodeReply>, isNarrow: boolean): Span[] {
  switch (line.kind) {
    case 'gap':
      return [];
    case 'cut':
      return [
        line.prefix,
        styled('dim', `… ${line.count} more ${line.count === 1 ? 'parent' : 'parents'}, not in this answer`),
      ];
    case 'seen':
      return [line.prefix, styled('cyan', `↑ see ${nameOf(line.node)}`)];
    case 'below':
      return [line.prefix, styled('cyan', `↓ goes on below: ${nameOf(line.node)}`)];
    case 'node':
      return [line.prefix, ...describeTask(line.node, isNarrow)];
  }
}

/** A task in one line. @param isNarrow whether issuer and id are shortened */
export function describeTask(
  node: Pick<NodeReply, 'exec_act' | 'index' | 'iss' | 'jti' | 'pol_decision'>,
  isNarrow = false,
): Span[] {
  const { pol_decision: decision } = node;
  const iss = isNarrow ? node.iss.replace(/^[a-z]+:\/\//, '') : node.iss;
  const jti = isNarrow ? `${node.jti.slice(0, 8)}…` : node.jti;
  return [
    styled('bold', node.exec_act),
    ` #${node.index}`,
    ...(decision === undefined ? [] : ['  ', styled(DECISION_STYLES[decision] ?? 'bold', decision)]),
    `  ${iss}  `,
    styled('dim', jti),
  ];
}

function nameOf({ exec_act: action, index }: NodeReply): string {
  return `${action} #${index}`;
}
