import { Pool, type Dispatcher } from 'undici';
import type { Workflow } from './tokens.js';

/** What one load showed. */
export interface LoadResult {
  /** How many were recorded. */
  readonly entries: number;
  readonly seconds: number;
  /** One a request. */
  readonly latenciesMs: readonly number[];
}

/** The body of one `POST /ledger/batch`. */
export interface Batch {
  readonly entries: number;
  readonly body: string;
}

/** A client with keep-alive connections that refuses to be answered anything but what it expects. */
export class LoadClient {
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly connections: number,
    /** No new work is begun after so long. */
    private readonly limitSeconds = Number.POSITIVE_INFINITY,
  ) {
    this.pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  /** One token a request; each connection sends workflow after workflow, so that parents are recorded before their children. */
  recordSingly(workflows: readonly Workflow[]): Promise<LoadResult> {
    return this.run(workflows, async ({ tokens }, record) => {
      for (const token of tokens)
        await record(1, () => this.post('/ledger', 'application/wimse-exec+jwt', token, 201));
    });
  }

  /** One NDJSON body a request. */
  recordInBatches(batches: readonly Batch[]): Promise<LoadResult> {
    return this.run(batches, async ({ entries, body }, record) => {
      await record(entries, () => this.post('/ledger/batch', 'application/x-ndjson', body, 200));
    });
  }

  /** Asks the same question again and again. */
  ask(path: string, times: number): Promise<LoadResult> {
    return this.run(Array.from({ length: times }), async (_, record) => {
      await record(0, () => this.get(path));
    });
  }

  /** Asks one question after the other. */
  askEach(paths: readonly string[]): Promise<LoadResult> {
    return this.run(paths, async (path, record) => {
      await record(0, () => this.get(path));
    });
  }

  /** One question for shared replay detection a request. */
  checkReplays(questions: readonly string[], expected: string): Promise<LoadResult> {
    return this.run(questions, async (question, record) => {
      await record(0, async () => {
        const answer = await this.post('/replay', 'application/json', question, 200);
        if (!answer.startsWith(expected)) throw new Error(`/replay: ${answer} instead of ${expected}`);
      });
    });
  }

  get(path: string): Promise<string> {
    return this.send(path, { method: 'GET' }, 200);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  /** Works through `jobs` with as many workers as there are connections. */
  private async run<Job>(
    jobs: readonly Job[],
    work: (
      job: Job,
      record: (entries: number, send: () => Promise<unknown>) => Promise<void>,
    ) => Promise<void>,
  ): Promise<LoadResult> {
    const latenciesMs: number[] = [];
    let entries = 0;
    const record = async (count: number, send: () => Promise<unknown>): Promise<void> => {
      const sent = performance.now();
      await send();
      latenciesMs.push(performance.now() - sent);
      entries += count;
    };
    const waiting = jobs.values();
    const started = performance.now();
    const deadline = started + this.limitSeconds * 1000;
    const worker = async (): Promise<void> => {
      for (const job of waiting) {
        if (performance.now() > deadline) return;
        await work(job, record);
      }
    };
    await Promise.all(Array.from({ length: this.connections }, worker));
    return { entries, seconds: (performance.now() - started) / 1000, latenciesMs };
  }

  private post(path: string, contentType: string, body: string, expected: number): Promise<string> {
    return this.send(path, { method: 'POST', headers: { 'content-type': contentType }, body }, expected);
  }

  private async send(
    path: string,
    options: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
    expected: number,
  ): Promise<string> {
    const { status, text } = await this.exchange({ path, ...options });
    if (status !== expected)
      throw new Error(`${options.method} ${path}: ${status} instead of ${expected}: ${text.slice(0, 500)}`);
    return text;
  }

  /** Without the streams that undici's more comfortable ways make for each reply: the load should cost little beside what it measures. */
  private exchange(request: Dispatcher.DispatchOptions): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let status = 0;
      this.pool.dispatch(request, {
        onRequestStart: () => undefined,
        onResponseStart: (_, statusCode) => {
          status = statusCode;
        },
        onResponseData: (_, chunk) => {
          chunks.push(chunk);
        },
        onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString() }),
        onResponseError: (_, error) => reject(error),
      });
    });
  }
}
