import type { JSX } from 'preact';
import { type Issuer, markOf } from '../graph/colouring.js';
import type { TaskGraph } from '../graph/task-graph.js';
import { formatRoute, type Route, withQuery } from '../route.js';
import { DecisionBadge, IssuerDot, RevokedBadge } from '../ui/badges.js';
import { Empty } from '../ui/states.js';
import { grouped, moment } from '../ui/words.js';
import { change } from '../use-route.js';
import type { ViewState } from './view-state.js';

const ROWS = 100;

interface TaskTableProps {
  readonly graph: TaskGraph;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly state: ViewState;
  readonly route: Route;
}

/** The same as the picture, in rows. */
export function TaskTable({ graph, issuers, state, route }: TaskTableProps): JSX.Element {
  const all = [...graph.tasks.keys()];
  const { lit } = state;
  const shown = lit ? all.filter((position) => lit.has(position)) : all;
  const pages = Math.max(1, Math.ceil(shown.length / ROWS));
  const page = Math.min(Math.max(Number(route.query['page'] ?? 1) || 1, 1), pages);
  const first = (page - 1) * ROWS;
  if (shown.length === 0) return <Empty title="No task is like that" />;
  return (
    <>
      <table class="list tasks">
        <caption class="visually-hidden">Tasks in the order of the log</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              #
            </th>
            <th scope="col">Action</th>
            <th scope="col">Issuer</th>
            <th scope="col">Policy</th>
            <th scope="col">Recorded</th>
            <th scope="col" class="number">
              Parents
            </th>
            <th scope="col" class="number">
              Children
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(first, first + ROWS).map((position) => (
            <TaskRow
              key={position}
              {...{ graph, issuers, route, position }}
              isFocus={position === state.focus}
            />
          ))}
        </tbody>
      </table>
      <div class="list-end">
        <p role="status">
          {grouped(first + 1)}–{grouped(Math.min(first + ROWS, shown.length))} of {grouped(shown.length)}{' '}
          tasks
        </p>
        {pages > 1 && (
          <span class="pager">
            <button
              type="button"
              class="button"
              disabled={page === 1}
              onClick={() => change(route, { page: String(page - 1) })}
            >
              Earlier
            </button>
            <button
              type="button"
              class="button"
              disabled={page === pages}
              onClick={() => change(route, { page: String(page + 1) })}
            >
              Later
            </button>
          </span>
        )}
      </div>
    </>
  );
}

interface TaskRowProps extends Omit<TaskTableProps, 'state'> {
  readonly position: number;
  readonly isFocus: boolean;
}

function TaskRow({ graph, issuers, route, position, isFocus }: TaskRowProps): JSX.Element | null {
  const task = graph.tasks[position];
  if (!task) return null;
  const { letter = '?', tone = 0, name = task.iss } = issuers.get(task.iss) ?? {};
  return (
    <tr aria-current={isFocus ? 'true' : undefined}>
      <td class="number quiet">{task.index}</td>
      <th scope="row">
        <a class="row-link" href={formatRoute(withQuery(route, { focus: task.jti }))}>
          <bdi>{task.exec_act}</bdi>
        </a>
      </th>
      <td data-label="Issuer" title={task.iss}>
        <span class="issuer">
          <IssuerDot letter={letter} tone={tone} />
          <bdi>{name}</bdi>
        </span>
      </td>
      <td data-label="Policy">
        <span class="badges">
          <DecisionBadge mark={markOf(task)} />
          {task.key_status === 'revoked' && <RevokedBadge />}
        </span>
      </td>
      <td data-label="Recorded">
        <time dateTime={task.recorded_at}>{moment(task.recorded_at)}</time>
      </td>
      <td class="number" data-label="Parents">
        {task.parents.length}
      </td>
      <td class="number" data-label="Children">
        {graph.children[position]?.length ?? 0}
      </td>
    </tr>
  );
}
