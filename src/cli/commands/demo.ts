import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { LedgerClient } from '../client.js';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { gatherCast } from '../demo/cast.js';
import { Performance } from '../demo/performance.js';
import { printGraph } from '../graph-lines.js';
import { DEFAULT_URL, examples, flowing, urlOption } from '../options.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';
import { parentLinks } from '../tree.js';
import { trustKeys } from '../trust-file.js';
import { trustFileOf } from './trust.js';

interface DemoOptions extends Connection {
  readonly trustFile: string;
  readonly keys: string;
  readonly aud?: string;
  readonly fast?: true;
}

const DESCRIPTION = flowing(`
Play a release of medical software, by the agents of two companies, into a running ledger.

The agents' keys are made on the first run (in a folder that only you can read) and added to the trust file of
the ledger: use it with a ledger for trying things out. Every run is a new workflow.`);

const PAUSE_MS = 900;

export function addDemo(program: Command, shell: Shell): void {
  const audienceHelp = 'whom the tokens are for (default: LEDGER_ID, else the address of the ledger)';
  program
    .command('demo')
    .summary('play a story into a running ledger, with an attack that is refused')
    .description(DESCRIPTION)
    .option('--fast', 'no pauses for reading')
    .option(
      '--trust-file <path>',
      'the trust file that the ledger reads; TRUST_FILE sets it too',
      trustFileOf(shell),
    )
    .option(
      '--keys <folder>',
      "where the agents' keys are kept",
      join(shell.env['DATA_DIR'] ?? '.data', 'demo'),
    )
    .option('--aud <aud>', audienceHelp)
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText(
      'after',
      examples('ect-ledger demo', 'ect-ledger demo --fast --trust-file /etc/ect-ledger/trust.json'),
    )
    .action((options: DemoOptions) => demo(options, shell));
}

async function demo(options: DemoOptions, shell: Shell): Promise<void> {
  const client = await connect(options, shell);
  await client.assertAlive();
  const { terminal } = shell;
  const { cast, keys } = await gatherCast(options.keys);
  const fresh = await trustKeys(options.trustFile, keys);
  await terminal.print(`The cast: ${keys.length} agents of two companies, their keys in ${options.keys}.`);
  if (fresh.length > 0) await terminal.print(`${resolve(options.trustFile)} now trusts them.`);
  const audience = options.aud ?? shell.env['LEDGER_ID'] ?? options.url;
  const pauseMs = options.fast ? 0 : PAUSE_MS;
  const performance = new Performance({ client, terminal, cast, audience, pauseMs });
  await performance.play();
  await showAncestry(performance, client, shell);
  await showWhatNext(performance, options.url, shell);
}

async function showAncestry(
  performance: Performance,
  client: LedgerClient,
  { terminal }: Shell,
): Promise<void> {
  const { nodes } = await client.trace('ancestry', performance.jtiOf('approval'), { wid: performance.wid });
  await terminal.print();
  await terminal.print(styled('bold', 'What the release rests on:'));
  await terminal.print();
  await printGraph(terminal, { nodes, roots: nodes.slice(0, 1) }, parentLinks(nodes));
}

async function showWhatNext(performance: Performance, url: string, { env, terminal }: Shell): Promise<void> {
  const [approval, review, scan] = ['approval', 'review', 'scan'].map((name) => performance.jtiOf(name));
  const at = url === (env['ECT_LEDGER_URL'] ?? DEFAULT_URL) ? '' : ` --url ${url}`;
  const base = url.replace(/\/$/, '');
  const lines = [
    `npx ect-ledger ancestry ${approval}${at}`,
    `npx ect-ledger ancestry ${review} --descendants${at}`,
    `npx ect-ledger get ${scan}${at}`,
    `npx ect-ledger workflows ${performance.wid}${at}`,
    `curl -s ${base}/ledger/${approval}`,
    `curl -s '${base}/ledger?wid=${performance.wid}&pol_decision=rejected'`,
  ];
  await terminal.print();
  await terminal.print(styled('bold', 'What to look at next:'));
  for (const line of lines) await terminal.print(`  ${line}`);
  await terminal.print(`  and in the browser: ${base}/#/workflows/${performance.wid}`);
}
