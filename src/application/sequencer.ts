import type { VerifiedEct } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import type { AppendOutcome, LedgerStore } from './ports/ledger-store.js';
import type { Metrics } from './ports/metrics.js';

export interface SequencerLimits {
  /** Tokens waiting at most; beyond it a submission is `overloaded`. */
  readonly queueLimit: number;
  /** Tokens in one append; a larger submission goes alone. */
  readonly batchLimit: number;
}

interface Waiting {
  readonly ects: readonly VerifiedEct[];
  readonly resolve: (outcomes: readonly AppendOutcome[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit: one append in flight, the next one collecting. An idle sequencer appends at once, so a single caller never waits for
 * a timer; under load many submissions share one commit.
 */
export class Sequencer {
  private waiting: Waiting[] = [];
  private readonly between: (() => Promise<void>)[] = [];
  private depth = 0;
  private running: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly store: LedgerStore,
    private readonly metrics: Metrics,
    private readonly limits: SequencerLimits,
    private readonly onAppended: () => void = () => undefined,
  ) {}

  /**
   * Appends one submission, its tokens together in one commit.
   *
   * @returns what became of each token, in the order given, once that is durable
   * @throws LedgerError `overloaded` when the queue is full or the service is stopping, `store-unavailable` when the store failed:
   *   then nothing is acknowledged, and the same bytes can be sent again
   */
  submit(ects: readonly VerifiedEct[]): Promise<readonly AppendOutcome[]> {
    if (this.isClosed) return Promise.reject(stopping());
    if (this.depth > 0 && this.depth + ects.length > this.limits.queueLimit) {
      const message = `${this.depth} tokens are waiting to be recorded; try again shortly`;
      return Promise.reject(new LedgerError('overloaded', message, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ ects, resolve, reject });
      this.changeDepth(ects.length);
      this.running ??= this.run();
    });
  }

  /**
   * Runs other work on the log between two appends; it does not wait for the queue.
   *
   * @throws LedgerError `overloaded` when the service is stopping, or what `work` throws
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.isClosed) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      this.between.push(() => work().then(resolve, reject));
      this.running ??= this.run();
    });
  }

  /** Takes nothing more and waits until everything accepted is answered. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length + this.between.length > 0) {
      const work = this.between.shift();
      await (work ? work() : this.appendNext(this.takeBatch()));
    }
    this.running = undefined;
  }

  private takeBatch(): readonly Waiting[] {
    let tokens = 0;
    const end = this.waiting.findIndex(
      ({ ects }, i) => (tokens += ects.length) > this.limits.batchLimit && i > 0,
    );
    const batch = this.waiting.splice(0, end === -1 ? this.waiting.length : end);
    this.changeDepth(-tokensOf(batch));
    return batch;
  }

  private async appendNext(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const outcomes = await this.store.append(batch.map(({ ects }) => ects));
      this.metrics.appended(tokensOf(batch), (performance.now() - started) / 1000);
      batch.forEach(({ resolve }, i) => {
        resolve(outcomes[i] ?? []);
      });
      this.onAppended();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private changeDepth(tokens: number): void {
    this.depth += tokens;
    this.metrics.queueDepth(this.depth);
  }
}

function stopping(): LedgerError {
  return new LedgerError('overloaded', 'the service is stopping', { retryAfterSeconds: 5 });
}

function tokensOf(batch: readonly Waiting[]): number {
  return batch.reduce((sum, { ects }) => sum + ects.length, 0);
}
