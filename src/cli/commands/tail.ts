import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LedgerClient, Unreachable } from '../client.js';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { readEvents } from '../event-stream.js';
import { messageOf } from '../failure.js';
import { describeTask } from '../graph-lines.js';
import { examples, flowing, jsonOption, urlOption, uuid, whole } from '../options.js';
import type { EntryReply } from '../replies.js';
import { waitAfter } from '../retry.js';
import type { Shell } from '../shell.js';
import { styled, type Terminal } from '../terminal.js';

interface TailOptions extends Connection {
  readonly wid?: string;
  readonly since?: number;
  readonly json?: true;
}

const DESCRIPTION = flowing(`
Show what is recorded, as it is recorded, until Ctrl-C.

It connects again when the connection breaks, and goes on where it was: nothing is missed and nothing is shown twice.`);

/** Before connecting again to a ledger that ended the stream: it is stopping, or wants to see the credentials again. */
const ENDED_PAUSE_MS = 500;

export function addTail(program: Command, shell: Shell): void {
  program
    .command('tail')
    .summary('show what is recorded, as it is recorded')
    .description(DESCRIPTION)
    .option('--wid <uuid>', 'of this workflow only', uuid)
    .option(
      '--since <index>',
      'begin after this index instead of now; 0 shows everything',
      whole(0, Number.MAX_SAFE_INTEGER),
    )
    .addOption(jsonOption('print each entry as a line of JSON'))
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger tail', 'ect-ledger tail --since 0 --json | jq .exec_act'))
    .action((options: TailOptions) => tail(options, shell));
}

async function tail(options: TailOptions, shell: Shell): Promise<void> {
  const { wid, since, json } = options;
  const { terminal } = shell;
  const client = await connect(options, shell);
  const signal = shell.interruption();
  const query = { wid, after: since };
  let lastEventId: string | undefined;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      for await (const event of readEvents(client, query, lastEventId, signal)) {
        ({ lastEventId } = event);
        attempt = 0;
        if (event.entry) await show(event.entry, json === true, terminal);
      }
      await pause(ENDED_PAUSE_MS, signal);
    } catch (error) {
      await waitAgain(error, attempt, client, { terminal, signal });
    }
  }
}

/** @throws what another try is of no use for */
async function waitAgain(
  error: unknown,
  attempt: number,
  client: LedgerClient,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const waitMs = waitAfter(error, attempt, client);
  if (waitMs === undefined) throw error;
  if (attempt === 0 || !(error instanceof Unreachable))
    await terminal.note(styled('dim', `${messageOf(error)}; trying again …`));
  await pause(waitMs, signal);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

async function show(entry: EntryReply, asJson: boolean, terminal: Terminal): Promise<void> {
  if (asJson) return terminal.printJson(entry, 0);
  await terminal.print(styled('dim', entry.recorded_at), '  ', ...describeTask(entry));
}
