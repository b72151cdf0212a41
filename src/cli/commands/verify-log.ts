import type { Command } from 'commander';
import { encodeBase64 } from '../../domain/log/base64.js';
import type { NoteKey } from '../../domain/log/note-key.js';
import { type Sighting, followLog, openCheckpoint } from '../monitor/follow-log.js';
import { LogFault, LogUnavailable } from '../monitor/log-fault.js';
import { TileServer } from '../monitor/tile-server.js';
import { CheckpointFile } from '../checkpoint-file.js';
import { tokenFileOption, tokenOf } from '../credentials.js';
import { EXIT, Failure, messageOf } from '../failure.js';
import { collect, examples, flowing, jsonOption } from '../options.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';
import { type VkeyOptions, readVkeys } from '../vkeys.js';

interface LogOptions extends VkeyOptions {
  readonly since: string;
  readonly tokenFile?: string;
  readonly json?: true;
}

const DESCRIPTION = flowing(`
Watch a log from outside: that it is what it signed, and grew from what it was when last seen.

Downloads the hashes of the tree and the leaves that are new, computes the root from them, and compares it with
the signed checkpoint and with the one in --since, which is replaced only when all is well. Without that file
the log is trusted as it is found. For every log that is served as C2SP tlog-tiles. Exit code 0: all is well;
1: the log was found out; 2: it could not run.`);

export function addVerifyLog(verify: Command, shell: Shell): void {
  verify
    .command('log')
    .summary('watch a log from outside')
    .description(DESCRIPTION)
    .argument('<url>', 'address of the ledger, or below which its "checkpoint" and "tile/" are')
    .requiredOption('--since <file>', 'the checkpoint seen last; kept there')
    .option('--vkey <vkey>', "the log's public key; may be given several times", collect(String))
    .option('--vkey-file <file>', 'a file with a vkey per line, or a saved /.well-known/jwks.json')
    .addOption(jsonOption())
    .addOption(tokenFileOption())
    .addHelpText(
      'after',
      examples('ect-ledger verify log http://127.0.0.1:8080 --since ledger.checkpoint --vkey "$VKEY"'),
    )
    .action((url: string, options: LogOptions) => run(url, options, shell));
}

async function run(url: string, options: LogOptions, shell: Shell): Promise<void> {
  const keys = await readVkeys(options);
  const file = new CheckpointFile(options.since);
  const last = await readLast(file, keys);
  try {
    const token = await tokenOf(options.tokenFile, shell);
    const now = await watch({ url, token }, { keys, last }, shell);
    await file.write(now.text);
    await reportSound({ now, last }, options, shell);
  } catch (error) {
    if (error instanceof LogUnavailable)
      throw new Failure(error.message, 'nothing was verified; try again later');
    if (!(error instanceof LogFault)) throw error;
    await reportFault(error, options, shell);
  } finally {
    shell.terminal.clearStatus();
  }
}

interface WatchedLog {
  readonly url: string;
  readonly token: string | undefined;
}

interface Memory {
  readonly keys: readonly NoteKey[];
  readonly last: Sighting | undefined;
}

async function watch(log: WatchedLog, memory: Memory, { terminal }: Shell): Promise<Sighting> {
  const { server, served } = await findLog(log);
  const onProgress = (done: number, size: number): void => {
    terminal.status(`${done} of ${size} leaves`);
  };
  return followLog(server, served, { ...memory, onProgress });
}

/** A ledger has its log below `/log`; either address will do. */
async function findLog({
  url,
  token,
}: WatchedLog): Promise<{ readonly server: TileServer; readonly served: string }> {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:')
    throw new Failure(`"${url}" is no http(s) URL`);
  for (const prefix of [url, `${url.replace(/\/+$/, '')}/log`]) {
    const server = new TileServer(prefix, token);
    const served = await server.checkpoint();
    if (served !== undefined) return { server, served };
  }
  throw new Failure(`there is no checkpoint at ${url}`, 'give the address below which "checkpoint" is');
}

async function readLast(file: CheckpointFile, keys: readonly NoteKey[]): Promise<Sighting | undefined> {
  const text = await file.read();
  try {
    return text === undefined ? undefined : await openCheckpoint(text, keys);
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new Failure(`${file.path}: ${error.message}`, 'is it of this log? Name another file with --since');
  }
}

async function reportSound(
  { now, last }: { readonly now: Sighting; readonly last: Sighting | undefined },
  options: LogOptions,
  { terminal }: Shell,
): Promise<void> {
  const { origin, size } = now;
  const root = encodeBase64(now.root);
  if (options.json) {
    const since = last === undefined ? {} : { since: last.size };
    return terminal.printJson({ sound: true, origin, size, root, ...since });
  }
  await terminal.print(
    styled('green', '✓ '),
    `the log "${origin}" is what it signed: size ${size}, root ${root}`,
  );
  if (last === undefined) {
    await terminal.print(`  seen for the first time and trusted as found; kept in ${options.since}`);
  } else if (size === last.size) {
    await terminal.print(`  nothing new since it was seen last`);
  } else {
    await terminal.print(
      `  it grew by ${size - last.size} from size ${last.size}, seen last; kept in ${options.since}`,
    );
  }
}

async function reportFault(fault: LogFault, { since, json }: LogOptions, shell: Shell): Promise<void> {
  const { terminal } = shell;
  const { kind, message } = fault;
  shell.exitCode = EXIT.someRejected;
  const kept = await keepEvidence(fault, since, shell);
  if (json) {
    const evidence = kept === undefined ? {} : { evidence: [since, kept] };
    return terminal.printJson({ sound: false, kind, detail: message, ...evidence });
  }
  await terminal.print(styled('red', `✗ ${kind}: `), message);
  await terminal.print(`  ${since} is left as it was`);
  if (kept !== undefined) {
    await terminal.print(
      `  what the log signs now is kept in ${kept}: show both files to whoever relies on the log`,
    );
  }
}

/** A finding stays a finding when its evidence can't be kept. */
async function keepEvidence(
  { evidence }: LogFault,
  since: string,
  { terminal }: Shell,
): Promise<string | undefined> {
  if (evidence === undefined) return undefined;
  try {
    return await new CheckpointFile(since).keepContradiction(evidence);
  } catch (error) {
    await terminal.note(messageOf(error));
    return undefined;
  }
}
