import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { getTrace, MAX_NODES, taskPath, type TaskName } from '../api/client.js';
import type { Graph } from '../api/wire.js';
import { issuersOf } from '../graph/colouring.js';
import { taskGraph } from '../graph/task-graph.js';
import { formatRoute, isUuid, type Route, withQuery } from '../route.js';
import { Failed, Loading, Notice } from '../ui/states.js';
import { count, grouped } from '../ui/words.js';
import { change } from '../use-route.js';
import { GraphExplorer } from './graph-explorer.js';
import { useGrowing } from './use-growing.js';

const LIMIT = 1_000;
const DEPTH = 5;
const DEEPER = 4;

/** One task with what led to it and what came of it, asked of the ledger itself: also for tasks without a workflow. */
export function TaskPage({ jti, route }: { readonly jti: string; readonly route: Route }): JSX.Element {
  const wid = readWid(route);
  const depth = readDepth(route);
  const name: TaskName = { jti, wid };
  const loaded = useGrowing(`task ${jti} ${wid ?? ''} ${depth}`, (signal) => loadBoth(name, depth, signal));
  const value = loaded.state === 'ready' ? loaded.value : undefined;
  const graph = useMemo(() => value && taskGraph(value.nodes), [value]);
  const issuers = useMemo(() => issuersOf(value?.nodes ?? []), [value]);
  // The panel shows the task that the page is about.
  const focused = withQuery(route, { focus: jti });
  return (
    <div class="page page-wide">
      <div class="page-head">
        <nav aria-label="Breadcrumb" class="breadcrumb">
          <a href="#/">Workflows</a>
        </nav>
        <h1>
          Task <code class="id">{jti}</code>
        </h1>
        {value && (
          <p class="summary">
            <span>
              {count(value.nodes.length, 'task')} within {count(depth, 'step')}
            </span>
          </p>
        )}
      </div>
      {value?.truncated === true && (
        <Notice>
          There is more than what {count(depth, 'step')} and {grouped(LIMIT)} tasks each way show.{' '}
          <button
            type="button"
            class="link-button"
            onClick={() => change(route, { reach: String(depth * DEEPER) })}
          >
            Look {depth * DEEPER} steps far
          </button>
        </Notice>
      )}
      {loaded.state === 'failed' &&
        (loaded.problem.code === 'ambiguous-jti' ? (
          <Ambiguous jti={jti} wids={loaded.problem.wids} />
        ) : (
          <Failed problem={loaded.problem} onRetry={loaded.reload} />
        ))}
      {loaded.state === 'loading' && <Loading what="the task" lines={10} />}
      {graph && (
        <GraphExplorer
          graph={graph}
          issuers={issuers}
          route={focused}
          exports={(format) => taskPath(name, '/ancestry', { format, limit: MAX_NODES })}
          {...(wid !== undefined && { wid })}
        />
      )}
    </div>
  );
}

interface AmbiguousProps {
  readonly jti: string;
  readonly wids: readonly (string | null)[];
}

function Ambiguous({ jti, wids }: AmbiguousProps): JSX.Element {
  return (
    <div class="state">
      <h2>Several workflows have a task of this name</h2>
      <ul>
        {wids.map((wid) => (
          <li key={wid ?? 'none'}>
            <a href={formatRoute({ place: { page: 'task', jti }, query: { wid: wid ?? 'none' } })}>
              {wid === null ? 'the one without a workflow' : <code>{wid}</code>}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

async function loadBoth(name: TaskName, depth: number, signal: AbortSignal): Promise<Graph> {
  const [before, after] = await Promise.all([
    getTrace(name, 'ancestry', { depth, limit: LIMIT }, signal),
    getTrace(name, 'descendants', { depth, limit: LIMIT }, signal),
  ]);
  const nodes = new Map([...before.nodes, ...after.nodes].map((node) => [node.index, node]));
  return { nodes: [...nodes.values()], truncated: before.truncated || after.truncated };
}

function readWid({ query }: Route): string | undefined {
  const wid = query['wid'];
  return wid !== undefined && (wid === 'none' || isUuid(wid)) ? wid : undefined;
}

function readDepth({ query }: Route): number {
  const depth = Number(query['reach']);
  return Number.isSafeInteger(depth) && depth >= 1 && depth <= 10_000 ? depth : DEPTH;
}
