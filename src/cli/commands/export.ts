import { type Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { TRUNCATED_NOTE } from '../../domain/export/task-graph.js';
import { printableJson } from '../../domain/printable.js';
import type { LedgerClient, Query } from '../client.js';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { csvLines } from '../csv.js';
import { EXIT, Failure, fileFailure } from '../failure.js';
import { examples, flowing, urlOption, uuid, whole, workflowChoice } from '../options.js';
import type { TraceReply, WorkflowReply } from '../replies.js';
import type { Shell } from '../shell.js';

interface ExportOptions extends Connection {
  readonly workflow?: string;
  readonly jti?: string;
  readonly wid?: string;
  readonly descendants?: true;
  readonly ancestry?: true;
  readonly depth?: number;
  readonly limit: number;
  readonly format: string;
  readonly out?: string;
}

/** Text to write, line by line without line ends, and whether it is the whole graph. */
interface Exported {
  readonly lines: readonly string[];
  readonly truncated: boolean;
}

const DESCRIPTION = flowing(`
Write a workflow, or what a task came from or led to, for another tool.

json is the ledger's answer, ndjson a task per line, csv a table, dot for Graphviz, mermaid a flowchart, openlineage a
run event per line. When --limit or --depth cut something off, the output says so where its format can, standard error does,
and the exit code is 1.`);

/** What the ledger answers at most. */
const MAX_NODES = 10_000;

type Graph = Pick<WorkflowReply | TraceReply, 'nodes' | 'truncated'>;

/** Made here from the ledger's JSON. */
const FROM_JSON: Readonly<Record<string, (graph: Graph) => readonly string[]>> = {
  json: (graph) => printableJson(graph).split('\n'),
  ndjson: ({ nodes }) => nodes.map((node) => printableJson(node, 0)),
  csv: ({ nodes }) => csvLines(nodes),
};

/** Written by the ledger, each with what it holds only if it is a part: nothing that an issuer writes can look like it. */
const FROM_LEDGER: Readonly<Record<string, string>> = {
  dot: `\n// ${TRUNCATED_NOTE}\n`,
  mermaid: `\n%% ${TRUNCATED_NOTE}\n`,
  openlineage: '"key":"ect.truncated"',
};

export function addExport(program: Command, shell: Shell): void {
  program
    .command('export')
    .summary('write a workflow or a trace as CSV, DOT, Mermaid, OpenLineage, …')
    .description(DESCRIPTION)
    .option('--workflow <uuid>', 'the whole workflow', uuid)
    .option('--jti <uuid>', 'a task, with --ancestry or --descendants', uuid)
    .option('--ancestry', 'what the task came from (the default with --jti)')
    .addOption(new Option('--descendants', 'what came of the task').conflicts('ancestry'))
    .option(
      '--wid <uuid>',
      'its workflow, when several use that name; "none" for the task without one',
      workflowChoice,
    )
    .option('--depth <steps>', 'how many steps from the task at most', whole(0, MAX_NODES))
    .option('--limit <tasks>', 'how many tasks at most', whole(1, MAX_NODES), MAX_NODES)
    .addOption(
      new Option('--format <format>', 'what to write')
        .choices([...Object.keys(FROM_JSON), ...Object.keys(FROM_LEDGER)])
        .default('json'),
    )
    .option('--out <file>', 'where to write it instead of standard output')
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText(
      'after',
      examples(
        'ect-ledger export --workflow <wid> --format dot | dot -Tsvg > workflow.svg',
        'ect-ledger export --jti <jti> --descendants --format csv --out impact.csv',
      ),
    )
    .action((options: ExportOptions) => exportGraph(options, shell));
}

async function exportGraph(options: ExportOptions, shell: Shell): Promise<void> {
  const { path, query } = requestOf(options);
  const { lines, truncated } = await fetchGraph(await connect(options, shell), path, query, options.format);
  if (options.out === undefined) for (const line of lines) await shell.terminal.print(line);
  else await save(options.out, lines, options.format);
  if (!truncated) return;
  await shell.terminal.note('Only a part: --limit or --depth cut something off.');
  shell.exitCode = EXIT.onlyPart;
}

function requestOf(options: ExportOptions): { readonly path: string; readonly query: Query } {
  const { workflow, jti, wid, depth, limit, descendants, ancestry } = options;
  if ((workflow === undefined) === (jti === undefined))
    throw new Failure('nothing to export is named', 'give either --workflow or --jti');
  if (workflow === undefined) {
    const direction = descendants ? 'descendants' : 'ancestry';
    return { path: `ledger/${jti ?? ''}/${direction}`, query: { wid, depth, limit } };
  }
  if (wid !== undefined || depth !== undefined || descendants || ancestry)
    throw new Failure('--workflow is the whole workflow', '--wid, --depth and directions go with --jti');
  return { path: `workflows/${workflow}`, query: { limit } };
}

async function fetchGraph(
  client: LedgerClient,
  path: string,
  query: Query,
  format: string,
): Promise<Exported> {
  const make = FROM_JSON[format];
  const text = await client.graph(path, { ...query, format: make ? 'json' : format });
  if (make) {
    const graph = JSON.parse(text) as Graph;
    return { lines: make(graph), truncated: graph.truncated };
  }
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  return { lines, truncated: text.includes(FROM_LEDGER[format] ?? '') };
}

async function save(file: string, lines: readonly string[], format: string): Promise<void> {
  // RFC 4180 ends lines with CRLF.
  const end = format === 'csv' ? '\r\n' : '\n';
  try {
    await writeFile(file, lines.map((line) => `${line}${end}`).join(''));
  } catch (error) {
    throw fileFailure(`cannot write ${file}`, error);
  }
}
