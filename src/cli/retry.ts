import { setTimeout as sleep } from 'node:timers/promises';
import { type LedgerClient, Refusal, Unreachable } from './client.js';
import { messageOf } from './failure.js';

/** How long to try again, and what to say meanwhile. */
export interface Patience {
  /** From the first failure in a row. */
  readonly forMs: number;
  readonly onWait: (reason: string, waitMs: number) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/**
 * Repeats an action while the ledger is busy (429, 503) or away. Only for actions that may be repeated: reading, and recording, which answers
 * the same token with its first entry. A ledger that never answered in this run is reported at once.
 */
export async function withRetries<T>(
  client: LedgerClient,
  patience: Patience,
  action: () => Promise<T>,
): Promise<T> {
  let giveUpAtMs: number | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      giveUpAtMs ??= Date.now() + patience.forMs;
      const waitMs = waitAfter(error, attempt, client);
      if (waitMs === undefined || Date.now() + waitMs > giveUpAtMs) throw error;
      patience.onWait(messageOf(error), waitMs);
      await sleep(waitMs);
    }
  }
}

/** Milliseconds before the next try; `undefined` when another try is of no use. */
export function waitAfter(
  error: unknown,
  attempt: number,
  client: Pick<LedgerClient, 'hasAnswered'>,
): number | undefined {
  if (error instanceof Unreachable) return client.hasAnswered ? backoffMs(attempt) : undefined;
  if (!(error instanceof Refusal) || !isBusy(error.problem.status)) return undefined;
  return Math.max(backoffMs(attempt), (error.retryAfterSeconds ?? 0) * 1000);
}

export function isBusy(status: number): boolean {
  return status === 429 || status === 503;
}

/** Doubles, with a random part so that many clients do not come back at the same moment. */
function backoffMs(attempt: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
}
