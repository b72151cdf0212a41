import type { JSX } from 'preact';
import type { Issuer } from '../graph/colouring.js';
import { GraphView } from '../graph/graph-view.js';
import type { TaskGraph } from '../graph/task-graph.js';
import type { Route } from '../route.js';
import { Loading } from '../ui/states.js';
import { count } from '../ui/words.js';
import { change } from '../use-route.js';
import { describeTask } from './describe-task.js';
import { Legend } from './legend.js';
import { TaskPanel } from './task-panel.js';
import { TaskTable } from './task-table.js';
import { Toolbar } from './toolbar.js';
import { type Picture, usePicture } from './use-drawing.js';
import { type ViewState, viewState } from './view-state.js';

export interface GraphExplorerProps {
  readonly graph: TaskGraph;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly route: Route;
  readonly wid?: string;
  /** Path of the API that has the same graph in another format. */
  readonly exports: (format: string) => string;
}

/** A graph as a picture or a table, with the task in question beside it. */
export function GraphExplorer(props: GraphExplorerProps): JSX.Element {
  const { graph, issuers, route, wid } = props;
  const state = viewState(route, graph);
  const picture = usePicture(graph, issuers, state);
  return (
    <div class={state.focusName === undefined ? 'explorer' : 'explorer with-panel'}>
      <div class="explorer-main">
        <Toolbar {...props} state={state} picture={picture} />
        {state.view === 'table' ? (
          <TaskTable graph={graph} issuers={issuers} state={state} route={route} />
        ) : (
          <div class="graph-frame">
            {picture ? (
              <PictureView {...props} state={state} picture={picture} />
            ) : (
              <Loading what="the picture" lines={3} />
            )}
          </div>
        )}
      </div>
      {state.focusName !== undefined && (
        <TaskPanel
          key={state.focusName}
          jti={state.focusName}
          graph={graph}
          issuers={issuers}
          route={route}
          state={state}
          {...(wid !== undefined && { wid })}
        />
      )}
    </div>
  );
}

interface PictureViewProps extends GraphExplorerProps {
  readonly state: ViewState;
  readonly picture: Picture;
}

function PictureView({ graph, issuers, route, state, picture }: PictureViewProps): JSX.Element {
  const { drawing, overview, graph: shown } = picture;
  const nameOf = (position: number) => shown.tasks[position]?.jti;
  const inPicture = (position: number | undefined) => {
    const name = position === undefined ? undefined : graph.tasks[position]?.jti;
    return name === undefined ? undefined : shown.positions.get(name);
  };
  const onPick = (position: number | undefined) => {
    const pile = position === undefined ? undefined : overview?.piles[position];
    if (pile) change(route, { steps: `${pile.firstLayer + 1}-${pile.lastLayer + 1}` });
    else if (!overview)
      change(route, {
        focus: position === undefined ? undefined : nameOf(position),
        trace: position === undefined ? undefined : route.query['trace'],
      });
  };
  const lit = state.lit && !overview && !state.isAlone ? state.lit : undefined;
  return (
    <>
      <GraphView
        drawing={drawing}
        colourBy={state.colourBy}
        focus={overview ? undefined : inPicture(state.focus)}
        lit={lit && translated(lit, inPicture)}
        label={
          overview
            ? `Overview of ${count(graph.tasks.length, 'task')}`
            : `Graph of ${count(shown.tasks.length, 'task')}`
        }
        describe={(position) => describeTask(shown, position)}
        onPick={onPick}
        onOpen={() => document.getElementById('task-panel')?.focus()}
      />
      <Legend issuers={issuers} colourBy={state.colourBy} />
    </>
  );
}

function translated(
  positions: ReadonlySet<number>,
  inPicture: (position: number) => number | undefined,
): ReadonlySet<number> {
  return new Set([...positions].map(inPicture).filter((position) => position !== undefined));
}
