import type { Command } from 'commander';
import { claimOf } from '../../domain/ect/claim-of.js';
import { pointersOf } from '../client.js';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { EXIT, Failure } from '../failure.js';
import { examples, flowing, jsonOption, urlOption, whole } from '../options.js';
import { Progress } from '../progress.js';
import { keepReceipt } from '../receipt-folder.js';
import { type Outcome, Recorder, describeOutcome } from '../recorder.js';
import type { Shell } from '../shell.js';
import type { Submission } from '../submissions.js';
import { styled } from '../terminal.js';
import { findTokens } from '../token-lines.js';
import { type TokenSource, findSources } from '../token-sources.js';
import { type Wits, readWits } from '../wit-file.js';

interface RecordOptions extends Connection {
  readonly json?: true;
  readonly retryFor: number;
  readonly receipts?: string;
  readonly witFile?: string;
}

const DESCRIPTION = flowing(`
Record tokens in the ledger.

Files and standard input hold one token per line, bare or as JSON with a member "ect" (and "wit", if a
Workload Identity Token vouches for the signer); of a folder, all *.jwt,
*.ect, *.ndjson and *.txt files at any depth. Recording the same token again is harmless, so an interrupted
run is simply repeated. Exit code 0: all are in the ledger; 1: some were rejected; 2: it could not run.`);

/** Up to so many tokens, the fate of each is printed; beyond, only rejections. */
const FEW = 20;

export function addRecord(program: Command, shell: Shell): void {
  program
    .command('record')
    .summary('record tokens from files, folders or standard input')
    .description(DESCRIPTION)
    .argument('[paths...]', 'files or folders; "-" or nothing for standard input')
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addOption(jsonOption('print a line of JSON per token'))
    .option('--retry-for <seconds>', 'how long to wait for a busy or restarting ledger', whole(0, 86_400), 30)
    .option('--receipts <folder>', 'keep the receipt of each token there, as <jti>.json')
    .option(
      '--wit-file <file>',
      'Workload Identity Tokens, one per line, for the tokens whose "iss" is their "sub"',
    )
    .addHelpText(
      'after',
      examples(
        'ect-ledger sign --key keys/agent.private.json --act review_spec | ect-ledger record',
        'ect-ledger record tokens.ndjson archive/',
        'ect-ledger record --wit-file agent.wit tokens.ndjson',
        'ect-ledger record --json tokens.ndjson | grep rejected',
      ),
    )
    .action((paths: string[], options: RecordOptions) => record(paths, options, shell));
}

async function record(paths: readonly string[], options: RecordOptions, shell: Shell): Promise<void> {
  const client = await connect(options, shell);
  const sources = await findSources(paths, shell);
  const wits = await readWits(options.witFile, shell);
  const onWait = (reason: string, waitMs: number): void => {
    void shell.terminal.note(`${reason}; next try in ${(waitMs / 1000).toFixed(1)} s`);
  };
  const recorder = new Recorder(client, { forMs: options.retryFor * 1000, onWait });
  const progress = new Progress(shell.terminal, totalSize(sources));
  const report = new Report(shell, {
    asJson: options.json === true,
    progress,
    recorder,
    receipts: options.receipts,
  });
  try {
    for await (const outcome of recorder.record(submissionsOf(sources, wits, report)))
      await report.add(outcome);
  } finally {
    await report.finish();
  }
  if (report.total === 0)
    throw new Failure(`no token in ${sources.map(({ name }) => name).join(', ') || paths.join(', ')}`);
  if (report.counts.rejected > 0) shell.exitCode = EXIT.someRejected;
}

async function* submissionsOf(
  sources: readonly TokenSource[],
  wits: Wits,
  report: Report,
): AsyncGenerator<Submission> {
  for (const { name: source, open } of sources) {
    for await (const found of findTokens(report.counted(open()))) {
      const { line } = found;
      if ('ect' in found) {
        const { ect, wit = wits.get(claimOf(ect, 'iss')) } = found;
        yield { source, line, ect, wit };
      } else {
        const problem = { code: 'malformed-token', status: 400, detail: `the line ${found.fault}` };
        await report.add({ source, line, kind: 'rejected', problem });
      }
    }
  }
}

function totalSize(sources: readonly TokenSource[]): number | undefined {
  return sources.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}

interface Reporting {
  readonly asJson: boolean;
  readonly progress: Progress;
  readonly recorder: Recorder;
  /** Where receipts are kept. */
  readonly receipts: string | undefined;
}

/** Tells what became of the tokens, as it happens and in sum. */
class Report {
  readonly counts = { recorded: 0, already: 0, rejected: 0 };
  /** Kept until it is known that there are not many. */
  private readonly few: string[] = [];

  constructor(
    private readonly shell: Shell,
    private readonly how: Reporting,
  ) {}

  get total(): number {
    return this.counts.recorded + this.counts.already + this.counts.rejected;
  }

  async *counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.how.progress.addBytes(chunk.length);
      await this.showProgress();
      yield chunk;
    }
  }

  async add(outcome: Outcome): Promise<void> {
    this.counts[outcome.kind] += 1;
    if (this.how.receipts !== undefined) await keepReceipt(this.how.receipts, outcome);
    if (this.how.asJson) await this.shell.terminal.printJson({ ...outcome, receipt: undefined }, 0);
    else if (outcome.kind === 'rejected') await this.printRejection(outcome);
    else if (this.total <= FEW) this.few.push(describeOutcome(outcome));
    await this.showProgress();
  }

  async finish(): Promise<void> {
    this.shell.terminal.clearStatus();
    if (this.total === 0) return;
    if (this.how.asJson) return this.shell.terminal.note(this.words());
    if (this.total <= FEW) for (const line of this.few) await this.shell.terminal.print(line);
    await this.shell.terminal.print(this.words());
  }

  private async showProgress(): Promise<void> {
    const { progress, recorder } = this.how;
    const waiting = recorder.waiting > 0 ? `, waiting for a parent ${recorder.waiting}` : '';
    await progress.show(`${this.words()}${waiting}`);
  }

  private async printRejection(outcome: Outcome & { readonly kind: 'rejected' }): Promise<void> {
    await this.shell.terminal.print(styled('red', 'rejected '), describeOutcome(outcome));
    for (const pointer of pointersOf(outcome.problem)) await this.shell.terminal.print(`    ${pointer}`);
  }

  private words(): string {
    const { recorded, already, rejected } = this.counts;
    return `recorded ${recorded}, already there ${already}, rejected ${rejected}`;
  }
}
