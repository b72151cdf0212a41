import { Problem, readProblem, unreachable } from './problem.js';
import { bearerToken, refused } from './session.js';
import type { EntriesPage, Entry, Graph, JwkSet, KeysPage, WorkflowsPage } from './wire.js';

/** The most nodes that the ledger gives of a graph. */
export const MAX_NODES = 10_000;

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** A path of the API, relative to this page, with its query. */
export function apiPath(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of value === undefined ? [] : [value].flat()) parameters.append(name, String(one));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** @throws Problem for every other answer than the one asked for; the signal's reason when it was given up */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = bearerToken();
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  });
  if (response.status === 401) refused();
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function getJson<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  const response = await request(path, { headers: { Accept: 'application/json' }, signal: signal ?? null });
  return (await response.json()) as Body;
}

export function getWorkflows(
  query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly iss?: readonly string[] | undefined;
  },
  signal?: AbortSignal,
): Promise<WorkflowsPage> {
  return getJson(apiPath('workflows', { ...query, flags: 'true' }), signal);
}

export function getWorkflow(wid: string, signal?: AbortSignal): Promise<Graph> {
  return getJson(apiPath(`workflows/${encodeURIComponent(wid)}`, { limit: MAX_NODES }), signal);
}

export function searchEntries(query: Query, signal?: AbortSignal): Promise<EntriesPage> {
  return getJson(apiPath('ledger', query), signal);
}

/** Which task: its workflow is needed only where several use its name. */
export interface TaskName {
  readonly jti: string;
  readonly wid?: string | undefined;
}

export function taskPath({ jti, wid }: TaskName, below = '', query: Query = {}): string {
  return apiPath(`ledger/${encodeURIComponent(jti)}${below}`, { wid, ...query });
}

export function getEntry(task: TaskName, signal?: AbortSignal): Promise<Entry> {
  return getJson(taskPath(task), signal);
}

export function getReceipt(task: TaskName, signal?: AbortSignal): Promise<unknown> {
  return getJson(taskPath(task, '/receipt'), signal);
}

export function getTrace(
  task: TaskName,
  direction: 'ancestry' | 'descendants',
  query: { readonly depth?: number | undefined; readonly limit: number },
  signal?: AbortSignal,
): Promise<Graph> {
  return getJson(taskPath(task, `/${direction}`, query), signal);
}

export function getLogKeys(signal?: AbortSignal): Promise<JwkSet> {
  return getJson('.well-known/jwks.json', signal);
}

/** The issuers of the thousand keys that came last, the newest first. */
export async function getIssuers(signal?: AbortSignal): Promise<readonly string[]> {
  const { keys } = await getJson<KeysPage>(apiPath('keys', { limit: 1_000 }), signal);
  return [...new Set(keys.flatMap(({ names }) => names.map(({ iss }) => iss)))];
}

/** The public key of this thumbprint (RFC 7638), as the ledger kept it; `undefined` when it gives none. */
export async function getKey(jkt: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { jwk } = await getJson<{ readonly jwk?: Readonly<Record<string, unknown>> }>(
      `keys/${encodeURIComponent(jkt)}`,
    );
    return jwk;
  } catch (error) {
    if (error instanceof Problem && error.code === 'not-found') return undefined;
    throw error;
  }
}
