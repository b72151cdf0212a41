import type { ColourBy } from '../graph/colouring.js';
import type { Direction, TaskGraph } from '../graph/task-graph.js';
import { reach } from '../graph/task-graph.js';
import { isUuid, type Route } from '../route.js';

/** Larger graphs are first shown as piles. */
export const LARGE = 400;
/** Steps around a task that make its neighbourhood. */
const NEARBY = 2;
/** As deep as the ledger walks. */
const MAX_DEPTH = 10_000;

/** What the query of the address says of the view. Anybody may have written it: what makes no sense is as if absent. */
export interface ViewState {
  readonly view: 'graph' | 'table';
  readonly colourBy: ColourBy;
  readonly search: string;
  /** Position of the task in question. */
  readonly focus: number | undefined;
  /** Name of the task in question, even if it is not in the graph. */
  readonly focusName: string | undefined;
  readonly trace: Direction | undefined;
  /** Infinity: as far as it goes. */
  readonly depth: number;
  /** Whether what is not lit is left out. */
  readonly isAlone: boolean;
  /** Whether piles are shown instead of tasks. */
  readonly isOverview: boolean;
  /** Steps that alone are shown, first and last, counted from 0. */
  readonly steps: readonly [first: number, last: number] | undefined;
  /** The tasks that stay bright; all of them when undefined. */
  readonly lit: ReadonlySet<number> | undefined;
}

const DIRECTIONS: readonly Direction[] = ['ancestry', 'descendants', 'both'];

export function viewState({ query }: Route, graph: TaskGraph): ViewState {
  const named = query['focus']?.toLowerCase();
  const focusName = named !== undefined && isUuid(named) ? named : undefined;
  const focus = focusName === undefined ? undefined : graph.positions.get(focusName);
  const isLarge = graph.tasks.length > LARGE;
  const steps = readSteps(query['steps']);
  // In the crowd of a large graph a task is shown among its neighbours.
  const isCrowded = isLarge && focus !== undefined && steps === undefined && query['all'] !== '1';
  const asked = DIRECTIONS.find((direction) => direction === query['trace']);
  const trace = asked ?? (isCrowded ? 'both' : undefined);
  const depth =
    wholeNumber(query['depth'], 1, MAX_DEPTH) ?? (isCrowded && asked === undefined ? NEARBY : Infinity);
  const search = query['q'] ?? '';
  const isAlone = (query['only'] === '1' || isCrowded) && focus !== undefined;
  return {
    view: query['view'] === 'table' ? 'table' : 'graph',
    colourBy: query['colour'] === 'decision' ? 'decision' : 'issuer',
    search,
    focus,
    focusName,
    trace,
    depth,
    isAlone,
    isOverview: isLarge && query['all'] !== '1' && steps === undefined && focus === undefined,
    steps,
    lit: litBy(graph, { focus, trace, depth, search }),
  };
}

function litBy(
  graph: TaskGraph,
  { focus, trace, depth, search }: Pick<ViewState, 'focus' | 'trace' | 'depth' | 'search'>,
): ReadonlySet<number> | undefined {
  if (focus !== undefined && trace !== undefined) return reach(graph, focus, trace, depth);
  if (search === '') return undefined;
  return new Set([...graph.tasks.keys()].filter((position) => isFound(graph, position, search)));
}

/** Whether a task answers to what is sought: its action, issuer, name or number. */
function isFound({ tasks }: TaskGraph, position: number, search: string): boolean {
  const task = tasks[position];
  if (!task) return false;
  const wanted = search.toLowerCase();
  const texts = [task.exec_act, task.iss, task.jti, task.pol_decision ?? '', `#${task.index}`];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function readSteps(text: string | undefined): readonly [number, number] | undefined {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text ?? '') ?? [];
  const first = wholeNumber(from, 1, MAX_DEPTH);
  const last = wholeNumber(to, 1, MAX_DEPTH);
  return first === undefined || last === undefined || first > last ? undefined : [first - 1, last - 1];
}

function wholeNumber(text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined || !/^\d{1,6}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= low && value <= high ? value : undefined;
}
