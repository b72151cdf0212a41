import { setTimeout as delay } from 'node:timers/promises';
import type { Metrics } from './ports/metrics.js';
import type { Presentation, ReplayStore } from './ports/replay-store.js';

/** How often what is over its time is removed. */
const FORGET_INTERVAL_MS = 5_000;
/** Removed in one go: small, so that its locks are held for milliseconds. */
const FORGET_BATCH = 1_000;

/** Shared replay detection: each token counts once, whichever verifier and whichever instance asks. */
export class DetectReplays {
  private readonly stopping = new AbortController();
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ReplayStore,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Tells when the token was first seen (milliseconds since the epoch), `undefined` when this is the first time.
   *
   * @throws LedgerError `store-unavailable`, `overloaded`
   */
  async check(presentation: Presentation, ttlSeconds: number): Promise<number | undefined> {
    const firstSeenAtMs = await this.store.see(presentation, ttlSeconds);
    this.metrics.replayChecked(firstSeenAtMs !== undefined);
    return firstSeenAtMs;
  }

  /** Removes what is over its time, every few seconds until `close`. */
  start(): void {
    this.sweeping = this.sweep();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await delay(FORGET_INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
      // A failure is the store's to report; the next round tries again.
      await this.forgetAll().catch(() => undefined);
    }
  }

  private async forgetAll(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      if ((await this.store.forget(FORGET_BATCH)) < FORGET_BATCH) return;
    }
  }
}
