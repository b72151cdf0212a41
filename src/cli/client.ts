import { Failure, messageOf, systemCodeOf } from './failure.js';
import type { BatchReply, EntryReply, Problem, RecordedReply } from './replies.js';
import type { ImpactReply, KeyReply, KeysReply, RevocationReply } from './replies.js';
import type { TraceReply, WorkflowReply, WorkflowsReply } from './replies.js';

/** Milliseconds to wait for one answer: a full batch on a slow disk takes seconds, a hung service should be told from a busy one. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Nothing answers at the ledger's address, or the connection broke; whether a submission arrived is unknown. */
export class Unreachable extends Failure {
  override readonly name = 'Unreachable';
}

/** The ledger said no: its problem (RFC 9457) and, if it named one, the wait before another try. */
export class Refusal extends Failure {
  override readonly name = 'Refusal';

  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super(describeProblem(problem), pointersOf(problem).join('; ') || WAYS_OUT[problem.code]);
  }
}

/** What to do about problems that name nothing. */
const WAYS_OUT: Readonly<Record<string, string | undefined>> = {
  unauthorized:
    'give a token with --token-file or ECT_LEDGER_TOKEN; the operator makes one with: ect-ledger token create',
  forbidden: 'ask the operator for a token with this scope and without these limits',
};

/** `code: detail`, the one-line form of a problem. */
export function describeProblem(problem: Problem): string {
  return `${problem.code}: ${problem.detail ?? problem.title ?? 'no detail given'}`;
}

/** What a problem points at: claims, parameters, parents, workflows. */
export function pointersOf(problem: Problem): string[] {
  return [
    ...(problem.errors ?? []).map(({ pointer, message }) => `${pointer || '(whole)'} ${message}`),
    ...(problem.parents ? [`parents: ${problem.parents.join(', ')}`] : []),
    ...(problem.parent ? [`parent: ${problem.parent}`] : []),
    ...(problem.wids ? [`choose with --wid: ${problem.wids.map((wid) => wid ?? 'none').join(', ')}`] : []),
  ];
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A token and the Workload Identity Token that goes with it, if one does. */
export interface SignedTask {
  readonly ect: string;
  readonly wit?: string | undefined;
}

interface Call {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string;
  readonly lastEventId?: string | undefined;
  /** Instead of the time that one answer may take. */
  readonly signal?: AbortSignal;
}

/** The HTTP API as the commands use it. Every method throws `Refusal` for a problem and `Unreachable` without an answer. */
export class LedgerClient {
  private answeredOnce = false;
  private readonly base: URL;

  /**
   * @param credentials a bearer token (RFC 6750)
   * @throws Failure when `url` is no http(s) URL
   */
  constructor(
    readonly url: string,
    private readonly credentials?: string,
  ) {
    this.base = baseOf(url);
  }

  /** Whether the ledger was there at least once: only then is it worth waiting for its return. */
  get hasAnswered(): boolean {
    return this.answeredOnce;
  }

  /** @returns 201 for a new entry, 200 for the first recording of the same token */
  async record({
    ect,
    wit,
  }: SignedTask): Promise<{ readonly status: number; readonly entry: RecordedReply }> {
    const reply = await this.call('ledger', { body: { ect, wit } });
    return { status: reply.status, entry: await json<RecordedReply>(reply, 'index') };
  }

  /** Results stand in the order sent; at most 1000 tokens. */
  async recordBatch(tasks: readonly SignedTask[]): Promise<BatchReply> {
    const query = { entries: 'false' };
    const ects = tasks.map(({ ect, wit }) => (wit === undefined ? ect : { ect, wit }));
    return json(await this.call('ledger/batch', { query, body: { ects } }), 'results');
  }

  async entry(jti: string, wid?: string): Promise<EntryReply> {
    return json(await this.call(`ledger/${jti}`, { query: { wid } }), 'jti');
  }

  /** The compact JWS as recorded. */
  async token(jti: string, wid?: string): Promise<string> {
    const reply = await this.call(`ledger/${jti}`, { query: { wid }, accept: 'application/jwt' });
    return (await textOf(reply)).trim();
  }

  async trace(direction: 'ancestry' | 'descendants', jti: string, query: Query): Promise<TraceReply> {
    return json(await this.call(`ledger/${jti}/${direction}`, { query }), 'nodes');
  }

  async workflow(wid: string, limit?: number): Promise<WorkflowReply> {
    return json(await this.call(`workflows/${wid}`, { query: { limit } }), 'nodes');
  }

  async workflows(limit: number, cursor?: string): Promise<WorkflowsReply> {
    return json(await this.call('workflows', { query: { limit, cursor } }), 'workflows');
  }

  /** A graph as the ledger writes it. @param path such as `workflows/<wid>` */
  async graph(path: string, query: Query): Promise<string> {
    return textOf(await this.call(path, { query, accept: '*/*' }));
  }

  /**
   * The bytes of `/events` from now on, or after the event of an id.
   *
   * @param signal ends the stream; without it the stream has no end
   */
  async events(query: Query, lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    return this.call('events', { query, lastEventId, accept: 'text/event-stream', signal });
  }

  async keys(query: Query): Promise<KeysReply> {
    return json(await this.call('keys', { query }), 'keys');
  }

  async key(jkt: string): Promise<KeyReply> {
    return json(await this.call(`keys/${jkt}`, {}), 'jkt');
  }

  async keyImpact(jkt: string, query: Query): Promise<ImpactReply> {
    return json(await this.call(`keys/${jkt}/impact`, { query }), 'nodes');
  }

  async revokeKey(
    jkt: string,
    body: { readonly reason: string; readonly at?: string | undefined },
  ): Promise<RevocationReply> {
    return json(await this.call(`keys/${jkt}/revocation`, { body }), 'jkt');
  }

  /** @throws Unreachable unless a ledger answers */
  async assertAlive(): Promise<void> {
    await json(await this.call('health/live', {}), 'status');
  }

  private async call(path: string, call: Call): Promise<Response> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const reply = await this.fetch(url, call);
    this.answeredOnce = true;
    if (!reply.ok) throw await refusalOf(reply, this.url);
    return reply;
  }

  private async fetch(url: URL, call: Call): Promise<Response> {
    const headers = {
      accept: call.accept ?? 'application/json, application/problem+json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.credentials === undefined ? {} : { authorization: `Bearer ${this.credentials}` }),
      ...(call.lastEventId === undefined ? {} : { 'last-event-id': call.lastEventId }),
    };
    const body = call.body === undefined ? {} : { method: 'POST', body: JSON.stringify(call.body) };
    const signal = call.signal ?? AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      return await fetch(url, { headers, ...body, signal });
    } catch (error) {
      throw unreachable(this.url, error);
    }
  }
}

/** The address that paths are resolved against; a path of its own (behind a proxy) is kept. */
function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    throw new Failure(
      `"${url}" is no http(s) URL`,
      'give --url (or ECT_LEDGER_URL) as http://127.0.0.1:8080',
    );
  }
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

export function unreachable(url: string, error: unknown): Unreachable {
  // What `fetch` throws says only that it failed; its cause says why.
  const hasCause = typeof error === 'object' && error !== null && 'cause' in error;
  const cause = hasCause ? error.cause : error;
  const reason = systemCodeOf(cause) ?? messageOf(cause);
  const wayOut = 'start one with `npm start`, or name another with --url or ECT_LEDGER_URL';
  return new Unreachable(`no ledger answers at ${url} (${reason})`, wayOut, { cause: error });
}

/** A body that breaks off in the middle is a lost connection, not an answer. */
async function textOf(reply: Response): Promise<string> {
  return reply.text().catch((error: unknown) => {
    throw unreachable(new URL(reply.url).origin, error);
  });
}

async function json<T>(reply: Response, member: string): Promise<T> {
  const value = parsed(await textOf(reply));
  if (typeof value !== 'object' || value === null || !(member in value)) {
    throw new Failure(`${reply.url} does not answer as an ECT ledger does`, 'check --url');
  }
  return value as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function refusalOf(reply: Response, url: string): Promise<Failure> {
  const value = parsed(await reply.text().catch(() => ''));
  const isProblem = typeof value === 'object' && value !== null && 'code' in value;
  const seconds = Number(reply.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  if (isProblem) return new Refusal({ status: reply.status, ...value } as Problem, retryAfterSeconds);
  // Not the ledger's own words: it is about to stop, or a proxy finds nobody behind it.
  if (reply.status >= 502) return new Unreachable(`the ledger at ${url} is not available (${reply.status})`);
  return new Failure(`${url} answers ${reply.status} without a problem`, 'is it an ECT ledger? Check --url');
}
