import type { Entry } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import { mayBeThere, type Visibility } from './caller.js';
import type { LedgerStore, TaskQuery, Trace, TraceRequest, WorkflowGraph } from './ports/ledger-store.js';
import type { ReadLedger } from './read-ledger.js';

/** Answers "which tasks led to this?" and "what came of it?". */
export class TraceDag {
  constructor(
    private readonly store: LedgerStore,
    private readonly reader: ReadLedger,
  ) {}

  /** @throws LedgerError `not-found`, `ambiguous-jti`; `not-found` also when the log had not reached the task at `atSize` */
  async trace(
    query: TaskQuery,
    request: TraceRequest,
    visibility: Visibility,
  ): Promise<{ readonly entry: Entry; readonly trace: Trace }> {
    const entry = await this.reader.get(query, visibility);
    if (request.atSize !== undefined && entry.index >= request.atSize) {
      throw new LedgerError(
        'not-found',
        `the task was recorded at index ${entry.index}: a log of size ${request.atSize} does not hold it`,
      );
    }
    return { entry, trace: await this.store.trace(entry.index, request, visibility) };
  }

  /** @throws LedgerError `not-found` */
  async workflow(wid: string, limit: number, visibility: Visibility): Promise<WorkflowGraph> {
    const isAsked = mayBeThere(visibility, { wid });
    const graph = isAsked ? await this.store.workflow(wid, limit, visibility) : undefined;
    if (!graph) throw new LedgerError('not-found', `no workflow ${wid} is recorded`);
    return graph;
  }
}
