import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cast } from './cast.js';
import type { Answer, EntriesJson, EntryJson, LedgerClient } from './client.js';

/** A pause before a request is sent again, so that a service that is away is not asked all the time. */
const PAUSE_MS = 100;

/** Concurrent recording, as many agents do it: each sends its next token, a child of the one before, as soon as that is acknowledged. */
export class Load {
  /** Index of each acknowledged token. */
  readonly acknowledged = new Map<string, number>();
  /** Tokens that were sent and are not acknowledged so far. */
  readonly unanswered = new Set<string>();
  /** Statuses that acknowledged a token which had to be sent again. */
  readonly retried: number[] = [];
  /** Answers other than an acknowledgement. */
  readonly refusals: Answer[] = [];
  private readonly workers: Promise<void>[] = [];
  private isStopping = false;

  constructor(private readonly cast: Cast) {}

  /** @param clientOf asked before each request, since a service that was started again has another address */
  start(connections: number, clientOf: () => LedgerClient): void {
    this.isStopping = false;
    for (let i = 0; i < connections; i++) this.workers.push(this.work(clientOf));
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.workers.splice(0));
  }

  /** Waits until so many more tokens are acknowledged. */
  async advance(tokens: number): Promise<void> {
    const target = this.acknowledged.size + tokens;
    while (this.acknowledged.size < target) await delay(1);
  }

  private async work(clientOf: () => LedgerClient): Promise<void> {
    const wid = randomUUID();
    let parents: readonly string[] = [];
    while (!this.isStopping) {
      const jti = randomUUID();
      const compact = await this.cast.a.sign({ jti, wid, parents });
      this.unanswered.add(compact);
      await this.sendUntilAcknowledged(compact, clientOf);
      parents = [jti];
    }
  }

  private async sendUntilAcknowledged(compact: string, clientOf: () => LedgerClient): Promise<void> {
    for (let tries = 1; !(await this.send(compact, clientOf(), tries)); tries++) {
      await delay(PAUSE_MS);
      if (this.isStopping) return;
    }
  }

  private async send(compact: string, client: LedgerClient, tries: number): Promise<boolean> {
    const answer = await client.record(compact).catch(() => undefined);
    if (!answer) return false;
    if (answer.status !== 200 && answer.status !== 201) {
      this.refusals.push(answer);
      return false;
    }
    if (tries > 1) this.retried.push(answer.status);
    this.unanswered.delete(compact);
    this.acknowledged.set(compact, answer.body.index);
    return true;
  }
}

/** What is wrong with a log, given what was acknowledged; all zero and `gaps` empty for a right one. */
export interface Verdict {
  readonly entries: number;
  readonly lost: number;
  readonly moved: number;
  readonly twice: number;
  readonly gaps: readonly number[];
}

/** Reads the whole log and holds it to what was acknowledged. */
export async function judge(client: LedgerClient, { acknowledged }: Load): Promise<Verdict> {
  const entries = await readLog(client);
  const indexOf = new Map(entries.map(({ ect, index }) => [ect, index]));
  const tasks = new Set(entries.map(({ jti, wid }) => `${jti} ${wid ?? ''}`));
  const sent = [...acknowledged];
  return {
    entries: entries.length,
    lost: sent.filter(([compact]) => !indexOf.has(compact)).length,
    moved: sent.filter(([compact, index]) => indexOf.has(compact) && indexOf.get(compact) !== index).length,
    twice: entries.length - Math.min(indexOf.size, tasks.size),
    gaps: entries.filter(({ index }, i) => index !== i + 1).map(({ index }) => index),
  };
}

export async function readLog(client: LedgerClient): Promise<readonly EntryJson[]> {
  const entries: EntryJson[] = [];
  for (let cursor = ''; ;) {
    const { status, body, text } = await client.get<EntriesJson>(`/ledger?limit=1000${cursor}`);
    if (status !== 200) throw new Error(`the log cannot be read: ${text}`);
    entries.push(...body.entries);
    if (body.next === null) return entries;
    cursor = `&cursor=${body.next}`;
  }
}

/** For the reader of the test run. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
