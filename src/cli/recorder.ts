import { type LedgerClient, Refusal, describeProblem } from './client.js';
import type { ReceiptJson } from '../domain/log/receipt.js';
import type { BatchResult, Problem } from './replies.js';
import { type Patience, isBusy, withRetries } from './retry.js';
import { type Submission, inBatches, sizeOf } from './submissions.js';

/** What became of one token. `recorded`: now; `already`: it was there before. */
export type Outcome = Pick<Submission, 'source' | 'line'> &
  (
    | {
        readonly kind: 'recorded' | 'already';
        readonly index: number;
        readonly jti: string;
        readonly receipt?: ReceiptJson | undefined;
      }
    | { readonly kind: 'rejected'; readonly problem: Problem }
  );

/** Tokens held back because a parent may come in a later batch: at most so many, and so many UTF-16 units of them. */
const MAX_POSTPONED = 10_000;
const MAX_POSTPONED_CHARS = 32 * 1_048_576;

/** A token that came before its parent, perhaps: worth sending again once more than `after` tokens were recorded. */
interface Postponed {
  readonly submission: Submission;
  readonly outcome: Outcome;
  readonly after: number;
}

/** Sends tokens in batches, again while the ledger is busy or away, and yields what became of each. */
export class Recorder {
  private recorded = 0;
  private postponed: Postponed[] = [];
  private postponedChars = 0;

  constructor(
    private readonly client: LedgerClient,
    private readonly patience: Patience,
  ) {}

  /** Tokens whose parent may still come. */
  get waiting(): number {
    return this.postponed.length;
  }

  /**
   * The outcome of every token. One whose parent is missing is sent again after the others, as long as those brought something new: files
   * are not always in the order of the work.
   *
   * @throws Failure when the ledger is away for too long or refuses a whole batch
   */
  async *record(submissions: AsyncIterable<Submission>): AsyncGenerator<Outcome> {
    yield* this.recordAll(submissions);
    while (this.postponed.length > 0) {
      const waiting = this.postponed;
      this.postponed = [];
      this.postponedChars = 0;
      const recordedSoFar = this.recorded;
      const again = waiting.filter(({ after }) => recordedSoFar > after);
      for (const { outcome, after } of waiting) if (recordedSoFar <= after) yield outcome;
      yield* this.recordAll(again.map(({ submission }) => submission));
    }
  }

  private async *recordAll(
    submissions: AsyncIterable<Submission> | Iterable<Submission>,
  ): AsyncGenerator<Outcome> {
    for await (const batch of inBatches(submissions)) {
      const results = await this.recordBatch(batch);
      const outcomes = batch.map((submission) => outcomeOf(submission, results.get(submission)));
      this.recorded += outcomes.filter(({ kind }) => kind !== 'rejected').length;
      for (const [at, submission] of batch.entries()) {
        const outcome = outcomes[at];
        if (outcome && !this.postpone(outcome, submission)) yield outcome;
      }
    }
  }

  private postpone(outcome: Outcome, submission: Submission): boolean {
    const isTooEarly = outcome.kind === 'rejected' && outcome.problem.code === 'missing-parent';
    const chars = this.postponedChars + sizeOf(submission);
    if (!isTooEarly || this.postponed.length >= MAX_POSTPONED || chars > MAX_POSTPONED_CHARS) return false;
    this.postponed.push({ submission, outcome, after: this.recorded });
    this.postponedChars = chars;
    return true;
  }

  /** Asks again only for those that the ledger was too busy for. */
  private async recordBatch(batch: readonly Submission[]): Promise<ReadonlyMap<Submission, BatchResult>> {
    const settled = new Map<Submission, BatchResult>();
    await withRetries(this.client, this.patience, async () => {
      const open = batch.filter((submission) => !settled.has(submission));
      const results = await this.send(open);
      for (const [at, submission] of open.entries()) {
        const result = results[at];
        if (result && !isBusy(result.status)) settled.set(submission, result);
      }
      const busy = results.find(({ status }) => isBusy(status))?.problem;
      if (busy) throw new Refusal(busy);
    });
    return settled;
  }

  private async send(batch: readonly Submission[]): Promise<readonly BatchResult[]> {
    const [only] = batch;
    if (only && batch.length === 1) return [await this.sendOne(only)];
    return (await this.client.recordBatch(batch)).results;
  }

  private async sendOne(submission: Submission): Promise<BatchResult> {
    try {
      const { status, entry } = await this.client.record(submission);
      return { status, ...entry };
    } catch (error) {
      if (!(error instanceof Refusal) || isBusy(error.problem.status)) throw error;
      return { status: error.problem.status, problem: error.problem };
    }
  }
}

function outcomeOf({ source, line }: Submission, result: BatchResult | undefined): Outcome {
  if (result?.problem) return { source, line, kind: 'rejected', problem: result.problem };
  if (result?.index === undefined || result.jti === undefined) {
    throw new Error(`the ledger's answer says nothing about ${source}:${line}`);
  }
  const kind = result.status === 201 ? 'recorded' : 'already';
  return { source, line, kind, index: result.index, jti: result.jti, receipt: result.receipt };
}

/** One line about a rejected token. */
export function describeOutcome(outcome: Outcome): string {
  const place = `${outcome.source}:${outcome.line}`;
  if (outcome.kind === 'rejected') return `${place}: ${describeProblem(outcome.problem)}`;
  const verb = outcome.kind === 'recorded' ? 'recorded' : 'already recorded';
  return `${place}: ${verb} as #${outcome.index}, ${outcome.jti}`;
}
