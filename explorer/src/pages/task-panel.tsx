import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { getEntry, type TaskName } from '../api/client.js';
import { useLoad } from '../api/use-load.js';
import type { Entry } from '../api/wire.js';
import { type Issuer, markOf } from '../graph/colouring.js';
import type { TaskGraph } from '../graph/task-graph.js';
import { formatRoute, type Route, withQuery } from '../route.js';
import { DecisionBadge, RevokedBadge } from '../ui/badges.js';
import { Icon } from '../ui/icon.js';
import { Failed, Loading } from '../ui/states.js';
import { change } from '../use-route.js';
import { Proof } from '../verify/proof.js';
import { Claims } from './claims.js';
import { Facts } from './facts.js';
import { Relatives } from './relatives.js';
import { TraceControls } from './trace-controls.js';
import type { ViewState } from './view-state.js';

export interface TaskPanelProps {
  readonly jti: string;
  readonly wid?: string;
  readonly graph: TaskGraph;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly route: Route;
  readonly state: ViewState;
}

/** All that is known of one task, and what can be done with it. */
export function TaskPanel(props: TaskPanelProps): JSX.Element {
  const { jti, wid, route } = props;
  const name: TaskName = { jti, wid };
  const entry = useLoad(`entry ${jti} ${wid ?? ''}`, (signal) => getEntry(name, signal));
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the panel stands below the picture.
    if (matchMedia('(max-width: 900px)').matches) panel.current?.scrollIntoView({ block: 'start' });
  }, [jti]);
  const canClose = route.place.page === 'workflow';
  return (
    <aside class="panel" id="task-panel" tabIndex={-1} ref={panel} aria-label="Task">
      <div class="panel-bar">
        <p class="eyebrow">Task{entry.state === 'ready' && ` #${entry.value.index}`}</p>
        {canClose && (
          <button
            type="button"
            class="icon-button"
            onClick={() =>
              change(route, { focus: undefined, trace: undefined, depth: undefined, only: undefined })
            }
          >
            <Icon name="cross" label="Close the task" />
          </button>
        )}
      </div>
      <div class="panel-body">
        {entry.state === 'loading' && <Loading what="the task" lines={8} />}
        {entry.state === 'failed' && <Failed problem={entry.problem} onRetry={entry.reload} />}
        {entry.state === 'ready' && <Details {...props} entry={entry.value} name={name} />}
      </div>
    </aside>
  );
}

interface DetailsProps extends TaskPanelProps {
  readonly entry: Entry;
  readonly name: TaskName;
}

function Details(props: DetailsProps): JSX.Element {
  const { entry, name, graph, state, route } = props;
  const own: Route = {
    place: { page: 'task', jti: entry.jti },
    query: name.wid === undefined ? {} : { wid: name.wid },
  };
  return (
    <>
      <header class="panel-head">
        <h2>
          <bdi>{entry.exec_act}</bdi>
        </h2>
        <p class="badges">
          <DecisionBadge mark={markOf(entry)} />
          {entry.key_status === 'revoked' && <RevokedBadge />}
        </p>
        {entry.wid !== undefined && route.place.page === 'task' && (
          <p>
            <a
              href={formatRoute({ place: { page: 'workflow', wid: entry.wid }, query: { focus: entry.jti } })}
            >
              Show in its workflow
            </a>
          </p>
        )}
        {state.focus === undefined && route.place.page === 'workflow' && (
          <p>
            It is beyond the part of the workflow that is shown.{' '}
            <a href={formatRoute(own)}>Show what it is linked to</a>
          </p>
        )}
      </header>
      {state.focus !== undefined && <TraceControls {...{ graph, route, state }} focus={state.focus} />}
      <Section title="Facts">
        <Facts entry={entry} />
      </Section>
      {state.focus !== undefined && (
        <Relatives {...props} focus={state.focus} link={(jti) => linkTo(jti, route)} />
      )}
      <Section title="Proof">
        <Proof name={name} />
      </Section>
      <Section title="Claims, as signed">
        <Claims entry={entry} />
      </Section>
    </>
  );
}

/** A relative is shown the way this task is shown. */
function linkTo(jti: string, route: Route): string {
  const place = route.place.page === 'task' ? { page: 'task' as const, jti } : route.place;
  return formatRoute({
    place,
    query: withQuery(route, { focus: route.place.page === 'task' ? undefined : jti }).query,
  });
}

function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
