import type { Entry } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import { ANYONE, canSee, type Caller } from './caller.js';
import { LogTip, type TipPace } from './log-tip.js';
import type { LedgerStore } from './ports/ledger-store.js';
import type { Metrics } from './ports/metrics.js';

export interface FollowLimits extends TipPace {
  /** Followers of an instance at most, and those of one caller. */
  readonly followers: number;
  readonly followersOfCaller: number;
  /** Milliseconds without an entry after which a follower gets an empty step. */
  readonly heartbeatMs: number;
  /** Milliseconds after which a follower must come again. */
  readonly lifetimeMs: number;
  /** The same for one with credentials: how long they count once they have expired or were withdrawn. */
  readonly credentialsMs: number;
}

export const FOLLOW_LIMITS: FollowLimits = {
  followers: 200,
  followersOfCaller: 100,
  pollMs: 250,
  gapMs: 20,
  heartbeatMs: 15_000,
  lifetimeMs: 3_600_000,
  credentialsMs: 60_000,
};

/** Entries that a follower who is behind holds at most: what slow readers cost in memory. */
const PAGE_LIMIT = 32;

export interface FollowRequest {
  /** Only entries beyond this index, of leaf 0 or later. */
  readonly afterIndex: number;
  /** Only entries of this workflow, lower case. */
  readonly wid?: string | undefined;
}

/** What is new. */
export interface Step {
  /** By index. */
  readonly entries: readonly Entry[];
  /** Nothing up to this index is still to come. */
  readonly index: number;
}

export interface Following {
  /** Ends after `stop` and when the service stops. Nothing is read ahead: a slow reader is read for at its own pace. */
  readonly steps: AsyncIterable<Step>;
  /** Must be called in the end, also when nothing was read. */
  readonly stop: () => void;
  /** Aborts when the steps end. */
  readonly ended: AbortSignal;
}

/** Lets many follow the log from any index on, each without loss and without a duplicate. */
export class FollowLedger {
  private readonly tip: LogTip;
  /** How to stop each follower, and the name of its caller. */
  private readonly open = new Map<() => void, string>();
  private isClosed = false;

  constructor(
    private readonly store: LedgerStore,
    private readonly metrics: Metrics,
    private readonly limits: FollowLimits,
  ) {
    this.tip = new LogTip(store, limits);
  }

  /** @throws LedgerError `overloaded` when too many follow, or the service is stopping */
  follow(request: FollowRequest, caller: Caller): Following {
    this.assertRoom(caller);
    const controller = new AbortController();
    const { lifetimeMs, credentialsMs } = this.limits;
    const lifetime = setTimeout(stop, caller === ANYONE ? lifetimeMs : credentialsMs);
    const { open, tip, metrics } = this;
    function stop(): void {
      controller.abort();
      clearTimeout(lifetime);
      if (!open.delete(stop)) return;
      tip.leave();
      metrics.following(open.size);
    }
    open.set(stop, caller.name);
    tip.join();
    metrics.following(open.size);
    const { signal } = controller;
    return { steps: this.steps(request, caller, signal), stop, ended: signal };
  }

  /** Something was appended by this instance. */
  appended(): void {
    if (this.open.size > 0) this.tip.nudge();
  }

  /** Ends all streams and takes no new ones. */
  close(): void {
    this.isClosed = true;
    for (const stop of [...this.open.keys()]) stop();
  }

  private assertRoom({ name }: Caller): void {
    const ofCaller = [...this.open.values()].filter((other) => other === name).length;
    const { followers, followersOfCaller } = this.limits;
    if (!this.isClosed && this.open.size < followers && ofCaller < followersOfCaller) return;
    const message = this.isClosed ? 'the service is stopping' : 'too many follow the log already';
    throw new LedgerError('overloaded', message, { retryAfterSeconds: 5 });
  }

  private async *steps(
    { afterIndex, wid }: FollowRequest,
    caller: Caller,
    signal: AbortSignal,
  ): AsyncGenerator<Step> {
    let index = afterIndex;
    let beatAtMs = performance.now() + this.limits.heartbeatMs;
    while (!signal.aborted) {
      const waitMs = Math.max(0, beatAtMs - performance.now());
      const step = await this.next({ afterIndex: index, wid }, caller, { waitMs, signal });
      index = step.index;
      if (step.entries.length === 0 && performance.now() < beatAtMs) continue;
      yield step;
      this.metrics.followed(step.entries.length);
      beatAtMs = performance.now() + this.limits.heartbeatMs;
    }
  }

  /** The next entries, from memory at the end of the log, else from the store; none after a wait. */
  private async next(
    { afterIndex, wid }: FollowRequest,
    { limits }: Caller,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<Step> {
    const { window } = this.tip;
    if (!window || afterIndex >= window.last) {
      await this.tip.beyond(afterIndex, waitMs, signal);
      return { entries: [], index: afterIndex };
    }
    if (afterIndex < window.after) {
      const step = await this.read({ afterIndex, wid }, limits, window.last);
      if (step) return step;
      await this.tip.beyond(Number.MAX_SAFE_INTEGER, this.limits.pollMs, signal);
      return { entries: [], index: afterIndex };
    }
    const entries = window.entries.filter(
      ({ index, claims }) =>
        index > afterIndex && (wid === undefined || claims.wid === wid) && canSee(limits, claims),
    );
    return { entries, index: window.last };
  }

  /** @returns `undefined` when the store does not answer: it is asked again later */
  private async read(
    { afterIndex, wid }: FollowRequest,
    limits: Caller['limits'],
    last: number,
  ): Promise<Step | undefined> {
    const page = { order: 'asc', limit: PAGE_LIMIT, afterIndex } as const;
    const entries = await this.store.search({ wid }, page, limits).catch((error: unknown) => {
      if (error instanceof LedgerError && error.code === 'store-unavailable') return undefined;
      throw error;
    });
    if (!entries) return undefined;
    const lastEntry = entries.at(-1)?.index ?? afterIndex;
    return { entries, index: entries.length === PAGE_LIMIT ? lastEntry : Math.max(last, lastEntry) };
  }
}
