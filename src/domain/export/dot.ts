import { BOX_COLOURS, pictureOf, type Box } from './picture.js';
import { TRUNCATED_NOTE, type TaskGraph } from './task-graph.js';

/** The graph in the DOT language (https://graphviz.org/doc/info/lang.html), parents above their children. */
export function formatDot(graph: TaskGraph): string {
  const { boxes, arrows } = pictureOf(graph);
  const title = graph.truncated ? [graph.title, TRUNCATED_NOTE] : [graph.title];
  const lines = [
    ...title.map((line) => `// ${line}`),
    'digraph ledger {',
    `  graph [label=${quoted(title)}, labelloc=t, rankdir=TB, fontname="Helvetica"];`,
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10];',
    ...boxes.map(boxLine),
    ...arrows.map(([parent, child]) => `  ${parent} -> ${child};`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function boxLine({ id, kind, jti, caption }: Box): string {
  const { fill, line } = BOX_COLOURS[kind];
  const style = kind === 'absent' ? ', style="rounded,filled,dashed"' : '';
  return `  ${id} [label=${quoted(caption)}, tooltip=${quoted([jti])}, fillcolor="${fill}", color="${line}"${style}];`;
}

/**
 * Lines of text, without control characters, as one DOT string. A backslash would begin an escape sequence (`\N`), and Graphviz reads
 * entities (`&lt;`) in every label.
 */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;'),
  );
  return `"${escaped.join('\\n')}"`;
}
