import type { Figure } from './figures.js';
import type { Rate, Round } from './measurements.js';
import { mean } from './statistics.js';

/** The figures as a table in Markdown. */
export function figureTable(figures: readonly Figure[]): string {
  return table(
    ['figure', 'value', 'aim', ''],
    figures.map(({ name, value, aim, isMet }) => [name, value, aim, verdict(isMet)]),
  );
}

function verdict(isMet: boolean | undefined): string {
  if (isMet === undefined) return '';
  return isMet ? 'pass' : 'MISS';
}

/** Where the time goes: CPU time per entry, and how busy the rest of the machine was, since that is missing here. */
export function cpuTable(rounds: readonly Round[]): string {
  const loads = {
    'single, 1': 'oneConnection',
    'single, 64': 'manyConnections',
    batches: 'batches',
  } as const;
  const rows = Object.entries(loads).map(([name, load]) => [
    name,
    ...cpuRow(rounds.map((round) => round[load])),
  ]);
  return table(
    ['CPU µs an entry', 'service', 'PostgreSQL', 'load generator', 'cores in use by others'],
    rows,
  );
}

function cpuRow(rates: readonly Rate[]): readonly string[] {
  const cost = (who: 'service' | 'database' | 'load'): string =>
    mean(
      rates.map(({ cpu, entriesPerSecond }) => ((cpu?.[who] ?? Number.NaN) / entriesPerSecond) * 1e6),
    ).toFixed(0);
  const others = mean(rates.map(({ cpu }) => cpu?.others ?? Number.NaN));
  return [cost('service'), cost('database'), cost('load'), others.toFixed(2)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(Math.max(width, 3)))), ...rows.map(line)].join(
    '\n',
  );
}
