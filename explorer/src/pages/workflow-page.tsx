import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { apiPath, getWorkflow, MAX_NODES } from '../api/client.js';
import { issuersOf } from '../graph/colouring.js';
import { taskGraph } from '../graph/task-graph.js';
import type { Route } from '../route.js';
import { CopyButton } from '../ui/copy-button.js';
import { Failed, Loading, Notice } from '../ui/states.js';
import { grouped } from '../ui/words.js';
import { GraphExplorer } from './graph-explorer.js';
import { Summary } from './summary.js';
import { useGrowing } from './use-growing.js';

/** One workflow: as a picture, as a table, and each task of it. */
export function WorkflowPage({ wid, route }: { readonly wid: string; readonly route: Route }): JSX.Element {
  const loaded = useGrowing(wid, (signal) => getWorkflow(wid, signal));
  const { state } = loaded;
  const value = loaded.state === 'ready' ? loaded.value : undefined;
  const graph = useMemo(() => value && taskGraph(value.nodes), [value]);
  const issuers = useMemo(() => issuersOf(value?.nodes ?? []), [value]);
  return (
    <div class="page page-wide">
      <div class="page-head">
        <nav aria-label="Breadcrumb" class="breadcrumb">
          <a href="#/">Workflows</a>
        </nav>
        <h1>
          Workflow <code class="id">{wid}</code>
          <CopyButton text={wid} label="Copy the UUID of the workflow" isSmall />
        </h1>
        {graph && <Summary graph={graph} issuers={issuers} />}
      </div>
      {value?.truncated === true && (
        <Notice>
          Only the first {grouped(MAX_NODES)} tasks of this workflow are shown: the ledger gives no more at
          once. Search and pictures cover these; any other task has its own page under <code>#/tasks/…</code>
        </Notice>
      )}
      {state === 'failed' && <Failed problem={loaded.problem} onRetry={loaded.reload} />}
      {state === 'loading' && <Loading what="the workflow" lines={10} />}
      {graph && (
        <GraphExplorer
          graph={graph}
          issuers={issuers}
          route={route}
          wid={wid}
          exports={(format) => apiPath(`workflows/${wid}`, { format, limit: MAX_NODES })}
        />
      )}
    </div>
  );
}
