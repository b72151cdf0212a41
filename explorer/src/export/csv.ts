import type { TaskGraph } from '../graph/task-graph.js';

const COLUMNS = [
  'index',
  'jti',
  'exec_act',
  'iss',
  'pol_decision',
  'iat',
  'recorded_at',
  'key_status',
  'parents',
] as const;

/** The tasks as comma-separated values (RFC 4180). */
export function taskCsv({ tasks }: TaskGraph): string {
  const rows = tasks.map((task) =>
    [
      String(task.index),
      task.jti,
      task.exec_act,
      task.iss,
      task.pol_decision ?? '',
      String(task.iat),
      task.recorded_at,
      task.key_status ?? '',
      task.parents.join(' '),
    ].map(field),
  );
  return [COLUMNS.join(','), ...rows.map((row) => row.join(','))].map((line) => `${line}\r\n`).join('');
}

/** Texts come from tokens: what a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection). */
function field(text: string): string {
  const safe = /^[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
