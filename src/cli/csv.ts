import { printable } from '../domain/printable.js';
import type { NodeReply } from './replies.js';

const COLUMNS = {
  index: ({ index }) => String(index),
  jti: ({ jti }) => jti,
  iss: ({ iss }) => iss,
  exec_act: ({ exec_act: action }) => action,
  pol_decision: ({ pol_decision: decision }) => decision ?? '',
  iat: ({ iat }) => String(iat),
  recorded_at: ({ recorded_at: at }) => at,
  key_status: ({ key_status: status }) => status ?? '',
  depth: ({ depth }) => (depth === undefined ? '' : String(depth)),
  parents: ({ parents }) => parents.join(' '),
} satisfies Readonly<Record<string, (node: NodeReply) => string>>;

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Tasks as CSV (RFC 4180), its lines without their ends. A cell that a spreadsheet would calculate begins with an apostrophe. */
export function csvLines(nodes: readonly NodeReply[]): readonly string[] {
  const readers = Object.values(COLUMNS);
  return [
    Object.keys(COLUMNS).join(','),
    ...nodes.map((node) => readers.map((read) => cell(read(node))).join(',')),
  ];
}

function cell(text: string): string {
  const shown = printable(FORMULA.test(text) ? `'${text}` : text);
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
