import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre';
import {
  CARD_HEIGHT,
  CARD_WIDTH,
  fitIn,
  type Flow,
  LAYER_GAP,
  type Layout,
  type Links,
  ROW_GAP,
} from './drawing.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Places up to some hundred cards with care: few crossings, long links led around cards. Takes seconds for thousands.
 *
 * @param aspect width by height of where it is seen; time goes to the right or down, whichever fits better
 */
export function smallLayout(links: Links, aspect: number): Layout {
  const [right, down] = [layoutIn('right', links), layoutIn('down', links)];
  return fitIn(right, aspect) >= fitIn(down, aspect) ? right : down;
}

function layoutIn(flow: Flow, { count, pairs }: Links): Layout {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  const rankdir = flow === 'right' ? 'LR' : 'TB';
  graph.setGraph({ rankdir, nodesep: ROW_GAP, ranksep: LAYER_GAP, edgesep: ROW_GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  const positions = Array.from({ length: count }, (_, position) => position);
  for (const position of positions)
    graph.setNode(String(position), { width: CARD_WIDTH, height: CARD_HEIGHT });
  for (const [from, to] of pairs) graph.setEdge(String(from), String(to));
  layout(graph);
  const centres = positions.map((position) => pointOf(graph.node(String(position))));
  const placed = pairs.map(([from, to, weight]) => {
    const bends = graph.edge(String(from), String(to)).points ?? [];
    // The first and last are where the line meets the card; the ends are drawn at the middle of its side.
    const inner = bends.slice(1, -1).map(pointOf);
    const points = [endOf(centres[from], flow, 1), ...inner, endOf(centres[to], flow, -1)];
    return { from, to, weight, points: points.flatMap(({ x, y }) => [x, y]) };
  });
  const { width = 0, height = 0 } = graph.graph();
  return {
    x: centres.map(({ x }) => x - CARD_WIDTH / 2),
    y: centres.map(({ y }) => y - CARD_HEIGHT / 2),
    links: placed,
    width,
    height,
    flow,
  };
}

/** The middle of the side where links leave (1) or arrive (-1). */
function endOf(centre: Point | undefined, flow: Flow, side: 1 | -1): Point {
  const { x, y } = centre ?? { x: 0, y: 0 };
  return flow === 'right' ? { x: x + (side * CARD_WIDTH) / 2, y } : { x, y: y + (side * CARD_HEIGHT) / 2 };
}

function pointOf({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point {
  return { x, y };
}
