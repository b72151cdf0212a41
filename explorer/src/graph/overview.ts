import { count } from '../ui/words.js';
import { type Issuer, markOf } from './colouring.js';
import {
  CARD_HEIGHT,
  CARD_WIDTH,
  type Card,
  type Drawing,
  LAYER_GAP,
  type Layout,
  ROW_GAP,
} from './drawing.js';
import type { TaskGraph } from './task-graph.js';

/** A pile of tasks: of one issuer, of neighbouring layers. */
export interface Pile {
  readonly iss: string;
  readonly firstLayer: number;
  readonly lastLayer: number;
  /** Positions in the graph. */
  readonly members: readonly number[];
}

export interface Overview extends Drawing {
  readonly piles: readonly Pile[];
}

const MAX_COLUMNS = 6;
const MAX_ISSUERS = 9;
/** The ones beyond share a pile. */
const OTHERS = 'others';

/** A workflow too large to be read task by task, as piles: columns of neighbouring layers, in each a pile an issuer. */
export function overviewOf(graph: TaskGraph, issuers: ReadonlyMap<string, Issuer>): Overview {
  const { tasks, layers } = graph;
  const depth = layers.reduce((most, layer) => Math.max(most, layer), 0) + 1;
  const perColumn = Math.ceil(depth / MAX_COLUMNS);
  const own = mostActive(graph);
  const members = new Map<string, number[]>();
  const keys = tasks.map(({ iss }, position) => {
    const column = Math.floor((layers[position] ?? 0) / perColumn);
    return `${column} ${own.has(iss) ? iss : OTHERS}`;
  });
  for (const [position, key] of keys.entries()) {
    const pile = members.get(key) ?? [];
    pile.push(position);
    members.set(key, pile);
  }
  const ordered = [...members].sort(([a], [b]) => compareKeys(a, b));
  const number = new Map(ordered.map(([key], order) => [key, order]));
  const piles = ordered.map(([key, positions]) => pileOf(key, positions, perColumn, depth));
  const weights = new Map<string, number>();
  for (const [position, parents] of graph.parents.entries()) {
    const to = number.get(keys[position] ?? '') ?? 0;
    for (const parent of parents) {
      const from = number.get(keys[parent] ?? '') ?? 0;
      // Within a column there is no left and right; the pile's own picture shows those.
      if (piles[from]?.firstLayer === piles[to]?.firstLayer) continue;
      weights.set(`${from} ${to}`, (weights.get(`${from} ${to}`) ?? 0) + 1);
    }
  }
  const cards = piles.map((pile) => cardOfPile(pile, graph, issuers));
  return { piles, cards, ...place(piles, perColumn, weights) };
}

function mostActive({ tasks }: TaskGraph): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { iss } of tasks) counts.set(iss, (counts.get(iss) ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1]).map(([iss]) => iss);
  return new Set(ranked.slice(0, MAX_ISSUERS));
}

function compareKeys(a: string, b: string): number {
  const columnOf = (key: string) => Number(key.slice(0, key.indexOf(' ')));
  return columnOf(a) - columnOf(b) || (a < b ? -1 : 1);
}

function pileOf(key: string, members: readonly number[], perColumn: number, depth: number): Pile {
  const at = key.indexOf(' ');
  const firstLayer = Number(key.slice(0, at)) * perColumn;
  const lastLayer = Math.min(firstLayer + perColumn, depth) - 1;
  return { iss: key.slice(at + 1), firstLayer, lastLayer, members };
}

function cardOfPile(
  { iss, members, firstLayer, lastLayer }: Pile,
  { tasks }: TaskGraph,
  issuers: ReadonlyMap<string, Issuer>,
): Card {
  const { letter = '…', tone = 0, name = 'other issuers' } = issuers.get(iss) ?? {};
  const inPile = members.map((position) => tasks[position]).filter((task) => task !== undefined);
  const marks = new Set(inPile.map(markOf));
  // The worst is what must not be overlooked.
  const mark =
    (['rejected', 'pending_human_review', 'approved'] as const).find((one) => marks.has(one)) ?? 'none';
  const rejected = inPile.filter((task) => markOf(task) === 'rejected').length;
  const steps =
    firstLayer === lastLayer ? `step ${firstLayer + 1}` : `steps ${firstLayer + 1}–${lastLayer + 1}`;
  return {
    title: `${count(members.length, 'task')} · ${name}`,
    subtitle: rejected > 0 ? `${steps} · ${rejected} rejected` : steps,
    letter,
    tone,
    mark,
    isRevoked: inPile.some(({ key_status: status }) => status === 'revoked'),
    count: members.length,
  };
}

function place(piles: readonly Pile[], perColumn: number, weights: ReadonlyMap<string, number>): Layout {
  const heights = new Map<number, number>();
  const column = piles.map(({ firstLayer }) => firstLayer / perColumn);
  const row = column.map((at) => {
    const next = heights.get(at) ?? 0;
    heights.set(at, next + 1);
    return next;
  });
  const most = Math.max(1, ...heights.values());
  const step = CARD_HEIGHT + ROW_GAP + 10;
  const x = column.map((at) => at * (CARD_WIDTH + LAYER_GAP));
  const y = row.map((at, pile) => ((most - (heights.get(column[pile] ?? 0) ?? 1)) / 2 + at) * step);
  const links = [...weights].map(([key, weight]) => {
    const [from = 0, to = 0] = key.split(' ').map(Number);
    const half = CARD_HEIGHT / 2;
    const points = [(x[from] ?? 0) + CARD_WIDTH, (y[from] ?? 0) + half, x[to] ?? 0, (y[to] ?? 0) + half];
    return { from, to, weight, points };
  });
  const width = Math.max(0, ...x) + CARD_WIDTH;
  return { x, y, links, width, height: most * step - ROW_GAP - 10, flow: 'right' };
}
