import { BOX_COLOURS, pictureOf, type Box, type BoxKind } from './picture.js';
import { TRUNCATED_NOTE, type TaskGraph } from './task-graph.js';

/** How many arrows Mermaid draws unless its `maxEdges` is set higher, which the text itself must not do. */
const MERMAID_MAX_EDGES = 500;

/** The graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), parents above their children. */
export function formatMermaid(graph: TaskGraph): string {
  const { boxes, arrows } = pictureOf(graph);
  const lines = [
    'flowchart TB',
    `accTitle: ${graph.title}`,
    ...remarks(graph, arrows.length),
    ...boxes.map(({ id, caption }) => `${id}["${caption.map(entities).join('<br/>')}"]`),
    ...arrows.map(([parent, child]) => `${parent} --> ${child}`),
    ...styles(boxes),
  ];
  return `${lines.join('\n')}\n`;
}

function remarks({ truncated }: TaskGraph, arrows: number): readonly string[] {
  return [
    ...(truncated ? [`%% ${TRUNCATED_NOTE}`, `truncated["${entities(TRUNCATED_NOTE)}"]`] : []),
    ...(arrows > MERMAID_MAX_EDGES
      ? [`%% ${arrows} arrows: draw it with maxEdges and maxTextSize set higher`]
      : []),
  ];
}

function styles(boxes: readonly Box[]): readonly string[] {
  const ids = new Map<BoxKind, string[]>();
  for (const { id, kind } of boxes) {
    const members = ids.get(kind);
    if (members) members.push(id);
    else ids.set(kind, [id]);
  }
  return [...ids].flatMap(([kind, members]) => {
    const { fill, line } = BOX_COLOURS[kind];
    const dashes = kind === 'absent' ? ',stroke-dasharray:4' : '';
    return [
      `classDef ${kind} fill:${fill},stroke:${line},color:#18181b${dashes}`,
      `class ${members.join(',')} ${kind}`,
    ];
  });
}

/**
 * Text as a Mermaid label. Mermaid looks for directives, comments, styles, Markdown, links and HTML even within quotes: everything but
 * ASCII letters and digits, and single separators between them, becomes an entity code.
 */
function entities(text: string): string {
  return text.replace(
    /(?<![a-z0-9])[ _/-]|[ _/-](?![a-z0-9])|[^a-z0-9 _/-]/giu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}
