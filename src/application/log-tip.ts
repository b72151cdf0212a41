import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../domain/entry.js';
import { EVERYTHING } from './caller.js';
import type { LedgerStore } from './ports/ledger-store.js';

export interface TipPace {
  /** Milliseconds between two looks at the store: how late it is noticed what another instance appended. */
  readonly pollMs: number;
  /** Milliseconds between two looks at least, however often this instance appends. */
  readonly gapMs: number;
}

/** Entries that one look takes at most. */
const WINDOW_LIMIT = 100;

/** The newest part of the log: all entries beyond index `after` up to index `last`. */
export interface Window {
  readonly after: number;
  readonly last: number;
  readonly entries: readonly Entry[];
}

interface Waiting {
  readonly index: number;
  readonly wake: () => void;
}

/**
 * Watches the end of the log for all who follow it: one reader an instance, and none while nobody follows. An append becomes visible as a
 * whole and in the order of the index, so whatever is below a size that was read is there to be read.
 */
export class LogTip {
  private current: Window | undefined;
  private readonly waiting = new Set<Waiting>();
  private watchers = 0;
  private running: Promise<void> | undefined;
  private nudges = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly store: LedgerStore,
    private readonly pace: TipPace,
  ) {}

  /** `undefined` until the first look. */
  get window(): Window | undefined {
    return this.current;
  }

  /** Keeps watching until everybody who joined has left. */
  join(): void {
    this.watchers++;
    this.running ??= this.run();
  }

  leave(): void {
    this.watchers--;
    this.wake?.();
  }

  /** Looks soon: something was appended. */
  nudge(): void {
    this.nudges++;
    this.wake?.();
  }

  /** Resolves when the log is known to go beyond `index`, after `forMs`, or when the signal aborts. */
  async beyond(index: number, forMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || (this.current && this.current.last > index)) return;
    await new Promise<void>((resolve) => {
      const waiting: Waiting = { index, wake: done };
      const timer = setTimeout(done, forMs);
      const { waiting: all } = this;
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        all.delete(waiting);
        resolve();
      }
      signal.addEventListener('abort', done);
      all.add(waiting);
    });
  }

  private async run(): Promise<void> {
    while (this.watchers > 0) {
      const { nudges } = this;
      const hasMore = await this.look();
      for (const { index, wake } of [...this.waiting]) if (index < (this.current?.last ?? -1)) wake();
      await sleep(this.pace.gapMs);
      if (!hasMore && nudges === this.nudges) await this.pause();
    }
    this.current = undefined;
    this.running = undefined;
  }

  /** @returns whether there may be more than was taken; a store that does not answer is asked again later */
  private async look(): Promise<boolean> {
    try {
      const size = await this.store.size();
      // After a time without anybody the log may have grown far: those who are behind read it themselves.
      const { last: after } = (this.current ??= { after: size - 1, last: size - 1, entries: [] });
      if (size - 1 <= after) return false;
      const page = { order: 'asc', limit: WINDOW_LIMIT, afterIndex: after } as const;
      const entries = await this.store.search({}, page, EVERYTHING);
      const isFull = entries.length === WINDOW_LIMIT;
      const lastEntry = entries.at(-1)?.index ?? after;
      this.current = { after, last: isFull ? lastEntry : Math.max(size - 1, lastEntry), entries };
      return isFull;
    } catch {
      return false;
    }
  }

  private async pause(): Promise<void> {
    if (this.watchers === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, this.pace.pollMs);
      this.wake = done;
    });
  }
}
