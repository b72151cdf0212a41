import {
  CARD_HEIGHT,
  CARD_WIDTH,
  LAYER_GAP,
  type Layout,
  type Link,
  type Links,
  ROW_GAP,
} from './drawing.js';

/** Width by height of the whole, roughly that of a window. */
const ASPECT = 1.7;
const ROW = CARD_HEIGHT + ROW_GAP;
/** Between columns of one layer there are no links. */
const COLUMN = CARD_WIDTH + ROW_GAP;
const BAND_GAP = 3 * ROW;
const SWEEPS = 4;

/**
 * Places thousands of cards in a fraction of a second: a column for each layer, from left to right, ordered so that links cross little
 * (the barycentre heuristic of Sugiyama's method). A layer too high for the window goes on in more columns, and a sequence of layers too
 * long for it goes on in a new band below, like lines of text.
 */
export function layeredLayout(links: Links): Layout {
  const layers = orderedLayers(links);
  const rows = rowsPerColumn(layers);
  const bandWidth = bandWidthOf(layers, rows);
  const x = new Array<number>(links.count).fill(0);
  const y = new Array<number>(links.count).fill(0);
  let left = 0;
  let top = 0;
  let width = 0;
  for (const layer of layers) {
    const columns = Math.ceil(layer.length / rows);
    if (left > 0 && left + columns * COLUMN > bandWidth) {
      left = 0;
      top += rows * ROW + BAND_GAP;
    }
    const perColumn = Math.ceil(layer.length / columns);
    const inset = ((rows - perColumn) * ROW) / 2;
    for (const [order, position] of layer.entries()) {
      const column = Math.floor(order / perColumn);
      // Columns of one layer are out of step, so that no link that passes a card seems to be its own.
      const lag = (column / columns) * ROW;
      x[position] = left + column * COLUMN;
      y[position] = top + inset + (order % perColumn) * ROW + lag;
    }
    left += columns * COLUMN + LAYER_GAP;
    width = Math.max(width, left - LAYER_GAP);
  }
  return {
    x,
    y,
    width,
    height: top + (rows + 1) * ROW - ROW_GAP,
    flow: 'right',
    links: links.pairs.map(straight),
  };

  function straight([from, to, weight]: Links['pairs'][number]): Link {
    const half = CARD_HEIGHT / 2;
    const start = [(x[from] ?? 0) + CARD_WIDTH, (y[from] ?? 0) + half];
    return { from, to, weight, points: [...start, x[to] ?? 0, (y[to] ?? 0) + half] };
  }
}

/** The positions of each layer, from top to bottom. */
function orderedLayers({ count, layers, pairs }: Links): readonly (readonly number[])[] {
  const ordered: number[][] = [];
  for (let position = 0; position < count; position += 1)
    (ordered[layers[position] ?? 0] ??= []).push(position);
  const before: number[][] = Array.from({ length: count }, () => []);
  const after: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of pairs) {
    before[to]?.push(from);
    after[from]?.push(to);
  }
  // Relative places, 0 to 1, since layers differ in size.
  const place = new Array<number>(count).fill(0);
  const settle = (layer: readonly number[]) => {
    for (const [order, position] of layer.entries()) place[position] = (order + 0.5) / layer.length;
  };
  ordered.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const neighbours = sweep % 2 === 0 ? before : after;
    for (const layer of sweep % 2 === 0 ? ordered : ordered.toReversed()) {
      const wish = new Map(
        layer.map((position) => [position, mean(neighbours[position] ?? [], place, position)]),
      );
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      settle(layer);
    }
  }
  return ordered;
}

function mean(neighbours: readonly number[], place: readonly number[], own: number): number {
  if (neighbours.length === 0) return place[own] ?? 0;
  return neighbours.reduce((sum, neighbour) => sum + (place[neighbour] ?? 0), 0) / neighbours.length;
}

/** How high a column may be so that one band of all layers is about as wide as the window; no higher than the highest layer. */
function rowsPerColumn(layers: readonly (readonly number[])[]): number {
  const highest = layers.reduce((most, { length }) => Math.max(most, length), 1);
  const count = layers.reduce((sum, { length }) => sum + length, 0);
  const square = Math.ceil(Math.sqrt((count * COLUMN) / (ROW * ASPECT)));
  return Math.min(highest, Math.max(square, 1));
}

/** How wide a band may be so that all bands together have the shape of the window. */
function bandWidthOf(layers: readonly (readonly number[])[], rows: number): number {
  const total = layers.reduce(
    (width, { length }) => width + Math.ceil(length / rows) * COLUMN + LAYER_GAP,
    0,
  );
  const bands = Math.round(Math.sqrt(total / (ASPECT * (rows * ROW + BAND_GAP))));
  // A little more, since no layer is divided between bands.
  return (total / Math.max(bands, 1)) * 1.04 + COLUMN;
}
