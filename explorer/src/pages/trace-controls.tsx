import type { JSX } from 'preact';
import { type Direction, reach, type TaskGraph } from '../graph/task-graph.js';
import type { Route } from '../route.js';
import { grouped } from '../ui/words.js';
import { change } from '../use-route.js';
import { Choice } from './toolbar.js';
import type { ViewState } from './view-state.js';

interface TraceControlsProps {
  readonly graph: TaskGraph;
  readonly route: Route;
  readonly state: ViewState;
  readonly focus: number;
}

const DEPTHS = [1, 2, 3, 5, 10, 25] as const;

/** What led to the task and what came of it, how far, and whether alone. */
export function TraceControls({ graph, route, state, focus }: TraceControlsProps): JSX.Element {
  const { trace, depth, isAlone } = state;
  const size = (direction: Direction) => grouped(reach(graph, focus, direction, depth).size - 1);
  return (
    <section class="panel-section trace" aria-label="Trace">
      <Choice
        label="Highlight"
        chosen={trace ?? 'none'}
        options={[
          ['none', 'All'],
          ['ancestry', `Ancestry ${size('ancestry')}`],
          ['descendants', `Descendants ${size('descendants')}`],
          ['both', 'Both'],
        ]}
        onChoose={(chosen) =>
          change(route, {
            trace: chosen === 'none' ? undefined : chosen,
            ...(chosen === 'none' && { depth: undefined, only: undefined }),
          })
        }
      />
      {trace !== undefined && (
        <p class="trace-more">
          <label>
            Steps{' '}
            <select
              value={Number.isFinite(depth) ? String(depth) : 'all'}
              onChange={({ currentTarget: { value } }) =>
                change(route, { depth: value === 'all' ? undefined : value, trace })
              }
            >
              {DEPTHS.map((steps) => (
                <option key={steps} value={String(steps)}>
                  {steps}
                </option>
              ))}
              {Number.isFinite(depth) && !DEPTHS.some((steps) => steps === depth) && (
                <option value={String(depth)}>{depth}</option>
              )}
              <option value="all">all</option>
            </select>
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={isAlone}
              onChange={({ currentTarget: { checked } }) =>
                change(route, { only: checked ? '1' : undefined })
              }
            />
            Only these
          </label>
        </p>
      )}
    </section>
  );
}
