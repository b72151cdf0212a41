import { useEffect, useState } from 'preact/hooks';
import { getIssuers, getWorkflows } from '../api/client.js';
import { type Loaded, useLoad } from '../api/use-load.js';
import type { WorkflowsPage, WorkflowSummary } from '../api/wire.js';
import { useFeed } from '../live/use-feed.js';
import { type Search, searchFor } from './search-for.js';

const PAGE = 25;
/** The beginning of a UUID is looked for among that many. */
const PREFIX_PAGE = 100;
/** Events come in bursts. */
const REFRESH_MS = 800;

export interface Workflows {
  readonly first: Loaded<WorkflowsPage>;
  readonly shown: readonly WorkflowSummary[];
  /** What is looked for; `undefined` for all workflows. */
  readonly search: Search | undefined;
  readonly next: string | null;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

/** Pages beyond the first, and the first as it is now; of one search. */
interface More {
  readonly key: string;
  readonly older: readonly WorkflowsPage[];
  readonly newest?: WorkflowsPage;
}

/** The workflows page by page, newest first; what is sought by issuer the ledger looks for. */
export function useWorkflows(sought: string): Workflows {
  const isSearch = sought !== '';
  const known = useLoad(`issuers ${isSearch}`, (signal) => (isSearch ? getIssuers(signal) : nothing()));
  const search = isSearch && known.state === 'ready' ? searchFor(sought, known.value) : undefined;
  const isWaiting = isSearch && search === undefined;
  const key = isWaiting ? 'issuers first' : `workflows ${JSON.stringify(search)}`;
  const iss = search?.by === 'issuer' ? search.asked : undefined;
  const load = (cursor?: string, signal?: AbortSignal) =>
    getWorkflows({ limit: search?.by === 'name' ? PREFIX_PAGE : PAGE, cursor, iss }, signal);
  const loaded = useLoad(key, (signal) =>
    isWaiting ? new Promise<never>(() => undefined) : load(undefined, signal),
  );
  const first = known.state === 'failed' ? known : loaded;

  const [held, setHeld] = useState<More>({ key, older: [] });
  const more = held.key === key ? held : { key, older: [] };
  const [isLoadingMore, setLoadingMore] = useState(false);
  const change = (changes: Partial<More>) =>
    setHeld((now) => ({ ...(now.key === key ? now : { key, older: [] }), ...changes }));
  useRefresh(key, () => {
    if (first.state === 'ready')
      load().then(
        (newest) => change({ newest }),
        () => undefined,
      );
  });

  const pages = first.state === 'ready' ? [first.value, ...more.older] : [];
  const next = pages.at(-1)?.next ?? null;
  const loadMore = () => {
    if (next === null) return;
    setLoadingMore(true);
    load(next)
      .then((page) => change({ older: [...more.older, page] }), first.reload)
      .finally(() => setLoadingMore(false));
  };
  const all = merged(more.newest ? [more.newest, ...pages] : pages);
  const shown = search?.by === 'name' ? all.filter(({ wid }) => wid.startsWith(search.prefix)) : all;
  return { first, shown, search, next, isLoadingMore, loadMore, reload: first.reload };
}

function nothing(): Promise<readonly string[]> {
  return Promise.resolve([]);
}

function useRefresh(key: string, refresh: () => void): void {
  const { lastIndex } = useFeed();
  useEffect(() => {
    if (lastIndex === undefined) return undefined;
    const timer = setTimeout(refresh, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [key, lastIndex]);
}

/** Each workflow once, as it was told first. */
function merged(pages: readonly WorkflowsPage[]): readonly WorkflowSummary[] {
  const byWid = new Map<string, WorkflowSummary>();
  for (const { workflows } of pages)
    for (const workflow of workflows) if (!byWid.has(workflow.wid)) byWid.set(workflow.wid, workflow);
  return [...byWid.values()];
}
