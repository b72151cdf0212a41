import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Issuer, markOf } from '../graph/colouring.js';
import type { TaskGraph } from '../graph/task-graph.js';
import { DecisionBadge, IssuerDot } from '../ui/badges.js';
import { grouped } from '../ui/words.js';

const SHOWN = 8;

interface RelativesProps {
  readonly graph: TaskGraph;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly focus: number;
  readonly link: (jti: string) => string;
}

/** Parents and children, each a way on. */
export function Relatives({ focus, graph, ...more }: RelativesProps): JSX.Element {
  return (
    <div class="relatives">
      <TaskList
        title="Parents"
        none="None: it began with this."
        positions={graph.parents[focus] ?? []}
        {...{ graph, ...more }}
      />
      <TaskList
        title="Children"
        none="None yet."
        positions={graph.children[focus] ?? []}
        {...{ graph, ...more }}
      />
    </div>
  );
}

interface TaskListProps extends Omit<RelativesProps, 'focus'> {
  readonly title: string;
  readonly none: string;
  readonly positions: readonly number[];
}

function TaskList({ title, none, positions, graph, issuers, link }: TaskListProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? positions : positions.slice(0, SHOWN);
  return (
    <section class="panel-section">
      <h3>
        {title} <span class="quiet">{positions.length > 0 && grouped(positions.length)}</span>
      </h3>
      {positions.length === 0 && <p class="quiet">{none}</p>}
      <ul class="task-list">
        {shown.map((position) => {
          const task = graph.tasks[position];
          if (!task) return null;
          const { letter = '?', tone = 0 } = issuers.get(task.iss) ?? {};
          return (
            <li key={position}>
              <a href={link(task.jti)}>
                <IssuerDot letter={letter} tone={tone} />
                <bdi>{task.exec_act}</bdi>
                {markOf(task) !== 'approved' && <DecisionBadge mark={markOf(task)} />}
              </a>
            </li>
          );
        })}
      </ul>
      {positions.length > shown.length && (
        <button type="button" class="button button-quiet" onClick={() => setOpen(true)}>
          Show all {grouped(positions.length)}
        </button>
      )}
    </section>
  );
}
