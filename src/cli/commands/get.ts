import { type Command, Option } from 'commander';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { examples, jsonOption, urlOption, uuid, workflowChoice } from '../options.js';
import type { EntryReply } from '../replies.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';

interface GetOptions extends Connection {
  readonly wid?: string;
  readonly token?: true;
  readonly json?: true;
}

export function addGet(program: Command, shell: Shell): void {
  program
    .command('get')
    .description('Show one entry of the ledger.')
    .argument('<jti>', 'the name of the task', uuid)
    .option(
      '--wid <uuid>',
      'its workflow, when several use that name; "none" for the task without one',
      workflowChoice,
    )
    .addOption(new Option('--token', 'print the signed token only').conflicts('json'))
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger get <jti>', 'ect-ledger get <jti> --token > task.jwt'))
    .action((jti: string, options: GetOptions) => get(jti, options, shell));
}

async function get(jti: string, options: GetOptions, shell: Shell): Promise<void> {
  const { wid, token, json } = options;
  const { terminal } = shell;
  const client = await connect(options, shell);
  if (token) return terminal.print(await client.token(jti, wid));
  const entry = await client.entry(jti, wid);
  if (json) return terminal.printJson(entry);
  for (const [name, value] of describeEntry(entry)) {
    await terminal.print(styled('dim', name.padEnd(10)), value);
  }
}

function describeEntry(entry: EntryReply): [name: string, value: string][] {
  const { pol, pol_decision: decision } = entry;
  return [
    ['action', entry.exec_act],
    ['by', entry.iss],
    ['for', entry.aud.join(', ')],
    ['task', entry.jti],
    ['workflow', entry.wid ?? 'none'],
    ['parents', entry.parents.join(', ') || 'none: it begins a workflow'],
    ...(pol === undefined
      ? []
      : [['policy', `${pol}: ${decision ?? 'no decision'}`] satisfies [string, string]]),
    ['signed', `${timeOf(entry.iat)}, good until ${timeOf(entry.exp)}`],
    ['recorded', `${entry.recorded_at} as #${entry.index}`],
    ['key', `${entry.kid} (${entry.alg}), thumbprint ${entry.jkt}`],
    ['claims', JSON.stringify(entry.claims)],
  ];
}

/** A NumericDate; beyond what a date can be (RFC 7519 sets no end), the number itself. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
