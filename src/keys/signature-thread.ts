import type { VerifyKeyObjectInput } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** How OpenSSL checks the signatures of one key. */
export interface Procedure {
  readonly hash: string | null;
  readonly key: VerifyKeyObjectInput;
}

interface Check {
  readonly token: string;
  readonly procedure: Procedure;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/** One that is being checked, and one that is there when it is done, so that the thread does not wait for the event loop. */
const BUNCHES_AT_ONCE = 2;

const PROGRAM = new URL('./signature-worker.mjs', import.meta.url);

/**
 * One thread that checks nothing but signatures, many for each time that it is woken: to wake one of Node's pool for each costs the event
 * loop as much as a check. One is enough, since it checks more than one event loop can record.
 */
export class SignatureThread {
  #worker: Worker | undefined;
  #waiting: Check[] = [];
  /** In the order in which the answers come. */
  readonly #sent: (readonly Check[])[] = [];

  /**
   * @param token a compact JWS with a signature of the right form
   * @throws Error when the key is of no use, or the thread ended
   */
  check(token: string, procedure: Procedure): Promise<boolean> {
    return new Promise((resolve, reject) => {
      // What the event loop brings at the same time is checked together.
      if (this.#waiting.push({ token, procedure, resolve, reject }) === 1) setImmediate(() => this.#send());
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#sent.length === BUNCHES_AT_ONCE) return;
    const bunch = this.#waiting;
    this.#waiting = [];
    const places = new Map<Procedure, number>();
    for (const { procedure } of bunch) if (!places.has(procedure)) places.set(procedure, places.size);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    worker.postMessage({
      procedures: [...places.keys()],
      of: bunch.map(({ procedure }) => places.get(procedure)),
      tokens: bunch.map(({ token }) => token),
    });
    this.#sent.push(bunch);
  }

  #start(): Worker {
    const worker = new Worker(PROGRAM);
    worker.on('message', (verdicts: readonly (boolean | Error)[]) => this.#receive(verdicts));
    worker.on('error', (error) => this.#giveUp(worker, error));
    worker.on('exit', () => this.#giveUp(worker, new Error('the thread that checks signatures ended')));
    return worker;
  }

  #receive(verdicts: readonly (boolean | Error)[]): void {
    for (const [at, { resolve, reject }] of (this.#sent.shift() ?? []).entries()) {
      const verdict = verdicts[at];
      if (typeof verdict === 'boolean') resolve(verdict);
      else reject(verdict);
    }
    if (this.#sent.length === 0) this.#worker?.unref();
    this.#send();
  }

  /** The next check starts a new thread. */
  #giveUp(worker: Worker, reason: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#sent.splice(0).flat()) reject(reason);
    this.#send();
  }
}
