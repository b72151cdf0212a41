import type { Command } from 'commander';
import type { LedgerClient } from '../client.js';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { printGraph } from '../graph-lines.js';
import { examples, flowing, jsonOption, urlOption, uuid, whole } from '../options.js';
import type { WorkflowReply, WorkflowSummaryReply } from '../replies.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';
import { childLinks } from '../tree.js';

interface WorkflowsOptions extends Connection {
  readonly limit?: number;
  readonly json?: true;
}

const DESCRIPTION = flowing(`
List the workflows, the most recently started first, or show one of them as a tree.

Below each task stands what came of it.`);

/** Issuers named in a line of the list. */
const SHOWN_ISSUERS = 3;

const MAX_LIMIT = 10_000;
const DEFAULT_LISTED = 20;
const DEFAULT_TASKS = 1000;

/** What one page of the list may hold. */
const MAX_PAGE = 1000;

export function addWorkflows(program: Command, shell: Shell): void {
  program
    .command('workflows')
    .summary('list the workflows, or show one')
    .description(DESCRIPTION)
    .argument('[wid]', 'the workflow to show', uuid)
    .option(
      '--limit <number>',
      `how many at most (default: ${DEFAULT_LISTED} workflows, ${DEFAULT_TASKS} tasks)`,
      whole(1, MAX_LIMIT),
    )
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger workflows', 'ect-ledger workflows <wid>'))
    .action((wid: string | undefined, options: WorkflowsOptions) =>
      wid === undefined ? list(options, shell) : show(wid, options, shell),
    );
}

async function list(
  { limit = DEFAULT_LISTED, json, ...connection }: WorkflowsOptions,
  shell: Shell,
): Promise<void> {
  const { terminal } = shell;
  const { workflows, hasMore } = await collect(await connect(connection, shell), limit);
  if (json) return terminal.printJson({ workflows, truncated: hasMore });
  for (const { wid, entries, first_recorded_at: since, issuers } of workflows) {
    const tasks = `${entries} ${entries === 1 ? 'task' : 'tasks'}`;
    await terminal.print(
      styled('bold', wid),
      `  ${tasks.padStart(9)}  since ${since}  `,
      styled('dim', namesOf(issuers)),
    );
  }
  if (workflows.length === 0) await terminal.note('No workflows yet. Play one: ect-ledger demo');
  if (hasMore) await terminal.note(`There are more than ${workflows.length}; see --limit.`);
}

function namesOf(issuers: readonly string[]): string {
  const more = issuers.length - SHOWN_ISSUERS;
  const shown = issuers.slice(0, SHOWN_ISSUERS).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

async function collect(
  client: LedgerClient,
  limit: number,
): Promise<{ workflows: readonly WorkflowSummaryReply[]; hasMore: boolean }> {
  const workflows: WorkflowSummaryReply[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.workflows(Math.min(limit - workflows.length, MAX_PAGE), cursor);
    workflows.push(...page.workflows);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && workflows.length < limit);
  return { workflows, hasMore: cursor !== undefined };
}

async function show(
  wid: string,
  { limit = DEFAULT_TASKS, json, ...connection }: WorkflowsOptions,
  shell: Shell,
): Promise<void> {
  const { terminal } = shell;
  const workflow = await (await connect(connection, shell)).workflow(wid, limit);
  if (json) return terminal.printJson(workflow);
  await printGraph(terminal, { nodes: workflow.nodes, roots: rootsOf(workflow) }, childLinks(workflow.nodes));
  if (workflow.truncated) {
    await terminal.note(`Only a part: --limit cut it off after ${workflow.nodes.length} tasks.`);
  }
}

function rootsOf({ nodes, roots }: WorkflowReply): WorkflowReply['nodes'] {
  const names = new Set(roots);
  return nodes.filter(({ jti }) => names.has(jti));
}
