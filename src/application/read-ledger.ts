import type { Entry, TaskId } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import { mayBeThere, type Visibility } from './caller.js';
import type {
  EntryFilter,
  LedgerStore,
  PageRequest,
  TaskQuery,
  WorkflowFlag,
  WorkflowsPage,
  WorkflowSummary,
} from './ports/ledger-store.js';

/** How many workflows an `ambiguous-jti` names. */
const AMBIGUOUS_WIDS_LIMIT = 100;

/** A page and where the next one starts; `undefined` on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextIndex: number | undefined;
}

/** Looks entries up and pages through them, as far as the caller may see them. */
export class ReadLedger {
  constructor(private readonly store: LedgerStore) {}

  /** @throws LedgerError `not-found`; `ambiguous-jti` when several workflows use the `jti` and no `wid` is given */
  async get({ jti, wid }: TaskQuery, visibility: Visibility): Promise<Entry> {
    const entries = await this.store.find({ jti, wid }, AMBIGUOUS_WIDS_LIMIT, visibility);
    const [entry, another] = entries;
    if (!entry)
      throw new LedgerError('not-found', `no task ${describe({ jti, wid: wid ?? undefined })} is recorded`);
    if (another) {
      const wids = entries.map(({ claims }) => claims.wid ?? null);
      throw new LedgerError(
        'ambiguous-jti',
        `${wids.length} workflows have a task ${jti}: name one with ?wid=`,
        { wids },
      );
    }
    return entry;
  }

  async search(filter: EntryFilter, page: PageRequest, visibility: Visibility): Promise<Page<Entry>> {
    const isAsked = mayBeThere(visibility, filter);
    const found = isAsked
      ? await this.store.search(filter, { ...page, limit: page.limit + 1 }, visibility)
      : [];
    return pageOf(found, page.limit, ({ index }) => index);
  }

  /** Number of leaves of the log, the genesis leaf included. */
  size(): Promise<number> {
    return this.store.size();
  }

  async workflows(page: WorkflowsPage, visibility: Visibility): Promise<Page<WorkflowSummary>> {
    const found = await this.store.workflows({ ...page, limit: page.limit + 1 }, visibility);
    return pageOf(found, page.limit, ({ firstIndex }) => firstIndex);
  }

  workflowFlags(
    workflows: readonly WorkflowSummary[],
    visibility: Visibility,
  ): Promise<ReadonlyMap<string, readonly WorkflowFlag[]>> {
    return this.store.workflowFlags(
      workflows.map(({ wid }) => wid),
      visibility,
    );
  }
}

/** Cuts off what was asked for beyond the page. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  indexOf: (item: Item) => number,
): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextIndex: found.length > limit && last ? indexOf(last) : undefined };
}

function describe({ jti, wid }: TaskId): string {
  return wid === undefined ? jti : `${jti} of workflow ${wid}`;
}
