import { expect } from '@jest/globals';
import type { z } from 'zod';
import type { ProblemCode } from '../../src/domain/errors.js';
import type { impactSchema, keySchema, keysSchema } from '../../src/http/key-representations.js';
import type { Problem } from '../../src/http/problem.js';
import type {
  batchSchema,
  entriesSchema,
  entrySchema,
  submittedSchema,
  traceSchema,
} from '../../src/http/representations.js';
import type { workflowSchema, workflowsSchema } from '../../src/http/workflow-representations.js';

export type EntryJson = z.infer<typeof entrySchema>;
export type SubmittedJson = z.infer<typeof submittedSchema>;
export type BatchJson = z.infer<typeof batchSchema>;
export type EntriesJson = z.infer<typeof entriesSchema>;
export type TraceJson = z.infer<typeof traceSchema>;
export type WorkflowJson = z.infer<typeof workflowSchema>;
export type WorkflowsJson = z.infer<typeof workflowsSchema>;

export type ImpactJson = z.infer<typeof impactSchema>;
export type KeyJson = z.infer<typeof keySchema>;
export type KeysJson = z.infer<typeof keysSchema>;

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `undefined` when it is no JSON. */
  readonly body: Body;
}

export const TOKEN_TYPE = 'application/wimse-exec+jwt';

/** Speaks HTTP with the service and believes nothing: what an answer must look like is for the tests to say. */
export class LedgerClient {
  constructor(readonly url: string) {}

  async request<Body = unknown>(path: string, init: RequestInit = {}): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, init);
    const text = isEndless(response) ? '' : await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) as Body };
  }

  get<Body = unknown>(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request(path, { headers });
  }

  post<Body = unknown>(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    // As bytes, since fetch adds a Content-Type to text.
    return this.request(path, { method: 'POST', body: Buffer.from(body), headers });
  }

  record(compact: string, headers: Record<string, string> = {}): Promise<Answer<SubmittedJson>> {
    return this.post('/ledger', compact, { 'Content-Type': TOKEN_TYPE, ...headers });
  }

  recordBatch(compacts: readonly string[], query = ''): Promise<Answer<BatchJson>> {
    return this.post(`/ledger/batch${query}`, compacts.join('\n'), {
      'Content-Type': 'application/x-ndjson',
    });
  }

  /** Records what must be recordable and gives its entry, as it is read later: without the receipt. */
  async recorded(compact: string): Promise<EntryJson> {
    const { status, body } = await this.record(compact);
    expect({ status, body }).toMatchObject({ status: 201, body: { receipt: { index: body.index } } });
    const { receipt: _receipt, ...entry } = body;
    return entry;
  }

  /** How many entries the log holds: the index of its last one. */
  async countEntries(): Promise<number> {
    const { body } = await this.get<EntriesJson>('/ledger?order=desc&limit=1');
    return body.entries[0]?.index ?? 0;
  }
}

/** Holds an answer to the shape of every problem (`http-api.md`, Errors) and to exactly these extra members. */
export function expectProblem(
  answer: Answer,
  code: ProblemCode,
  status: number,
  extras: object = {},
): Problem {
  expect({ code: (answer.body as Partial<Problem> | undefined)?.code, status: answer.status }).toEqual({
    code,
    status,
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
  expect(answer.body).toEqual({ ...problemShape(code, status), ...extras });
  return answer.body as Problem;
}

/** A problem as a result of a batch or as an answer. */
export function problemShape(code: ProblemCode, status: number): object {
  return {
    type: `/problems/${code}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    code,
    instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
  };
}

/** Extras of an `invalid-request` or `invalid-claims` that has exactly these faults. */
export function faultsAt(...pointers: readonly string[]): object {
  return { errors: pointers.map((pointer) => ({ pointer, message: expect.stringMatching(/./) })) };
}

/** Of a stream only the headers are an answer; `EventStream` reads the rest. */
function isEndless({ headers, body }: Response): boolean {
  const is = headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (is) void body?.cancel();
  return is;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
