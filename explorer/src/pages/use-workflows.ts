import { useEffect, useState } from 'preact/hooks';
import { getWorkflows } from '../api/client.js';
import { type Loaded, useLoad } from '../api/use-load.js';
import type { WorkflowsPage, WorkflowSummary } from '../api/wire.js';
import { useFeed } from '../live/use-feed.js';

const PAGE = 25;
/** A search looks at that many at a time. */
const SEARCH_PAGE = 200;
/** Events come in bursts. */
const REFRESH_MS = 800;

export interface Workflows {
  readonly first: Loaded<WorkflowsPage>;
  /** Those that match, of all that were loaded. */
  readonly shown: readonly WorkflowSummary[];
  readonly searched: number;
  readonly next: string | null;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

/** The workflows page by page; a search looks through the pages, newest first. */
export function useWorkflows(sought: string): Workflows {
  const limit = sought === '' ? PAGE : SEARCH_PAGE;
  const first = useLoad(`workflows ${limit}`, (signal) => getWorkflows({ limit }, signal));
  const [older, setOlder] = useState<readonly WorkflowsPage[]>([]);
  const [newest, setNewest] = useState<WorkflowsPage>();
  const [isLoadingMore, setLoadingMore] = useState(false);
  useEffect(() => {
    setOlder([]);
    setNewest(undefined);
  }, [limit, first.state]);
  useRefresh(() => {
    void getWorkflows({ limit }).then(setNewest, () => undefined);
  });

  const known = first.state === 'ready' ? [first.value, ...older] : [];
  const all = merged(newest ? [newest, ...known] : known);
  const next = known.at(-1)?.next ?? null;
  const loadMore = () => {
    if (next === null) return;
    setLoadingMore(true);
    getWorkflows({ limit, cursor: next })
      .then((page) => setOlder([...older, page]), first.reload)
      .finally(() => setLoadingMore(false));
  };
  const shown = sought === '' ? all : all.filter((workflow) => matches(workflow, sought));
  return { first, shown, searched: all.length, next, isLoadingMore, loadMore, reload: first.reload };
}

function useRefresh(refresh: () => void): void {
  const { lastIndex } = useFeed();
  useEffect(() => {
    if (lastIndex === undefined) return undefined;
    const timer = setTimeout(refresh, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [lastIndex]);
}

/** Each workflow once, as it was told first. */
function merged(pages: readonly WorkflowsPage[]): readonly WorkflowSummary[] {
  const byWid = new Map<string, WorkflowSummary>();
  for (const { workflows } of pages)
    for (const workflow of workflows) if (!byWid.has(workflow.wid)) byWid.set(workflow.wid, workflow);
  return [...byWid.values()];
}

function matches({ wid, issuers }: WorkflowSummary, sought: string): boolean {
  const wanted = sought.toLowerCase();
  return wid.startsWith(wanted) || issuers.some((iss) => iss.toLowerCase().includes(wanted));
}
