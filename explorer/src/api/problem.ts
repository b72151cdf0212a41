/** What the ledger answered instead of what was asked for (RFC 9457), or that it did not answer. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /**
   * @param code of the ledger; `unreachable` when nothing answered, `unreadable` when it was not the ledger that did
   * @param retryAfterSeconds when the ledger says to come back
   */
  constructor(
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly wids: readonly (string | null)[] = [],
  ) {
    super(detail);
  }
}

/** The problem that an answer carries. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const member = (name: string): unknown =>
    typeof body === 'object' && body !== null ? new Map(Object.entries(body)).get(name) : undefined;
  const text = (name: string, otherwise: string): string => {
    const value = member(name);
    return typeof value === 'string' ? value : otherwise;
  };
  const wids = member('wids');
  return new Problem(
    text('code', response.status === 401 ? 'unauthorized' : 'unreadable'),
    text('title', `HTTP ${response.status}`),
    text('detail', 'The answer does not come from a ledger.'),
    Array.isArray(wids) ? wids.filter((wid) => wid === null || typeof wid === 'string') : [],
  );
}

export function unreachable(): Problem {
  return new Problem(
    'unreachable',
    'The ledger does not answer',
    'It may be restarting, or the connection is gone.',
  );
}
