import { InvalidArgumentError, type Command } from 'commander';
import type { AuditReport, Finding } from '../../audit.js';
import { splitVkey } from '../../domain/log/note-key.js';
import { EXIT, Failure, messageOf } from '../failure.js';
import { collect, examples, jsonOption, whole } from '../options.js';
import { Progress } from '../progress.js';
import type { Shell } from '../shell.js';
import { styled, type Span } from '../terminal.js';

interface DeepOptions {
  readonly deep?: true;
  readonly from: number;
  readonly vkey?: readonly string[];
  readonly json?: true;
}

/** Something is not as it was recorded. */
const EXIT_FOUND = 1;

const DEEP_HELP = `
--deep reads every token, signature, edge, hash and checkpoint again and writes nothing.
Exit codes: 0 sound, 1 something found, 2 it could not run to the end.
${examples('ect-ledger verify --deep', 'ect-ledger verify --deep --json --vkey "$VKEY" > report.json')}`;

/** Gives `verify` the option `--deep`: the ledger's own database against itself, instead of a proof from outside. */
export function addVerifyDeep(verify: Command, shell: Shell): void {
  verify
    // What stands after a subcommand is that one's.
    .enablePositionalOptions()
    .option(
      '--deep',
      'check everything that is stored: DATABASE_URL, or the embedded database in DATA_DIR, whether the service runs or not',
    )
    .option('--from <index>', 'go on where an interrupted run stopped', whole(0, Number.MAX_SAFE_INTEGER), 0)
    .option(
      '--vkey <vkey>',
      "the log's public key, where LEDGER_SIGNING_KEY_FILE is not at hand; may be repeated",
      collect(vkey),
    )
    .addOption(jsonOption('print the report as JSON'))
    .addHelpText('after', DEEP_HELP)
    .action((options: DeepOptions) =>
      options.deep ? verifyDeep(options, shell) : verify.help({ error: true }),
    );
}

async function verifyDeep(options: DeepOptions, shell: Shell): Promise<void> {
  const interrupt = new AbortController();
  const stop = (): void => {
    interrupt.abort();
  };
  process.once('SIGINT', stop);
  try {
    const report = await run(options, shell, interrupt.signal);
    await tell(report, options, shell);
  } catch (error) {
    throw new Failure(
      `the ledger could not be verified: ${messageOf(error)}`,
      'nothing is known yet, neither good nor bad: DATABASE_URL, DATA_DIR and the LEDGER_ variables must be those of the service',
      { cause: error },
    );
  } finally {
    process.off('SIGINT', stop);
  }
}

async function run(
  { from, vkey: vkeys, json }: DeepOptions,
  shell: Shell,
  signal: AbortSignal,
): Promise<AuditReport> {
  const { terminal, env: environment } = shell;
  // Loaded when asked for: other commands need no database.
  const audit = await import('../../audit.js');
  return audit.verifyDeep({
    environment,
    vkeys,
    from,
    signal,
    onNote: (message) => void terminal.note(styled('yellow', 'note: '), message),
    onFinding: (finding) => {
      if (!json) void terminal.print(...describe(finding));
    },
    onProgress: showProgress(shell, from),
  });
}

/** A bar of leaves, with the rate. */
function showProgress({ terminal }: Shell, from: number): (done: number, size: number) => void {
  const startedAtMs = Date.now();
  let progress: Progress | undefined;
  let before = 0;
  return (done, size) => {
    progress ??= new Progress(terminal, size);
    progress.addBytes(done - before);
    before = done;
    const seconds = Math.max(1, Date.now() - startedAtMs) / 1000;
    void progress.show(`${done} of ${size} leaves, ${Math.round((done - from) / seconds)}/s`);
  };
}

async function tell(report: AuditReport, { json }: DeepOptions, shell: Shell): Promise<void> {
  const { from, next, size, found, findings } = report;
  const { terminal } = shell;
  terminal.clearStatus();
  if (json) await terminal.printJson(report);
  const checked = `${next - from} of ${size} leaves checked${from > 0 ? `, from index ${from} on` : ''}`;
  const unlisted = found - findings.length;
  const sound = next < size ? 'sound so far' : 'sound';
  const verdict = found === 0 ? styled('green', sound) : styled('red', `${found} findings`);
  const rest = unlisted > 0 ? `, ${unlisted} of them not listed` : '';
  if (json) await terminal.note(verdict, `: ${checked}${rest}`);
  else await terminal.print(verdict, `: ${checked}${rest}`);
  if (next < size) await terminal.note(`interrupted; go on with: ect-ledger verify --deep --from ${next}`);
  if (found > 0) shell.exitCode = EXIT_FOUND;
  else if (next < size) shell.exitCode = EXIT.couldNotRun;
}

function describe({ index, what, detail }: Finding): readonly Span[] {
  const where = index === undefined ? 'the log' : `index ${index}`;
  return [styled('red', `${where}  ${what}`), `  ${detail}`];
}

function vkey(text: string): string {
  if (splitVkey(text) !== undefined) return text;
  throw new InvalidArgumentError("It must be a log's public key: <origin>+<8 hex digits>+<base64>.");
}
