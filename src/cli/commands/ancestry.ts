import type { Command } from 'commander';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { printGraph } from '../graph-lines.js';
import { examples, flowing, jsonOption, urlOption, uuid, whole, workflowChoice } from '../options.js';
import type { Shell } from '../shell.js';
import { childLinks, parentLinks } from '../tree.js';

interface AncestryOptions extends Connection {
  readonly wid?: string;
  readonly depth?: number;
  readonly limit: number;
  readonly descendants?: true;
  readonly json?: true;
}

const DESCRIPTION = flowing(`
Show what a task came from, as a tree.

Below each task stand its parents. A task reached by several ways is drawn once; the other ways say "↑ see"
and its number in the log.`);

/** What the ledger answers at most. */
const MAX_NODES = 10_000;

export function addAncestry(program: Command, shell: Shell): void {
  program
    .command('ancestry')
    .summary('show what a task came from, or what came of it')
    .description(DESCRIPTION)
    .argument('<jti>', 'the name of the task', uuid)
    .option(
      '--wid <uuid>',
      'its workflow, when several use that name; "none" for the task without one',
      workflowChoice,
    )
    .option('--descendants', 'the other direction: what came of it')
    .option('--depth <steps>', 'how many steps at most', whole(0, MAX_NODES))
    .option('--limit <tasks>', 'how many tasks at most', whole(1, MAX_NODES), 1000)
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText(
      'after',
      examples('ect-ledger ancestry <jti>', 'ect-ledger ancestry <jti> --descendants --depth 3'),
    )
    .action((jti: string, options: AncestryOptions) => ancestry(jti, options, shell));
}

async function ancestry(jti: string, options: AncestryOptions, shell: Shell): Promise<void> {
  const { terminal } = shell;
  const { wid, depth, limit } = options;
  const direction = options.descendants ? 'descendants' : 'ancestry';
  const client = await connect(options, shell);
  const trace = await client.trace(direction, jti, { wid, depth, limit });
  if (options.json) return terminal.printJson(trace);
  const { nodes } = trace;
  const links = options.descendants ? childLinks(nodes) : parentLinks(nodes);
  await printGraph(terminal, { nodes, roots: nodes.slice(0, 1) }, links);
  if (trace.truncated) {
    await terminal.note(`Only a part: --limit or --depth cut it off after ${nodes.length} tasks.`);
  }
}
