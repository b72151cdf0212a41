import { useLayoutEffect, useState } from 'preact/hooks';
import type { Issuer } from '../graph/colouring.js';
import { drawTasks } from '../graph/draw-tasks.js';
import type { Drawing } from '../graph/drawing.js';
import { type Overview, overviewOf } from '../graph/overview.js';
import { part, type TaskGraph } from '../graph/task-graph.js';
import type { ViewState } from './view-state.js';

/** What the canvas shows, and how its cards are found among the tasks. */
export interface Picture {
  readonly kind: 'tasks' | 'piles';
  readonly drawing: Drawing;
  /** The tasks that it shows. */
  readonly graph: TaskGraph;
  readonly overview: Overview | undefined;
}

/** Draws what the view asks for: piles, some steps, the lit tasks alone, or everything. */
export function usePicture(
  graph: TaskGraph,
  issuers: ReadonlyMap<string, Issuer>,
  state: ViewState,
): Picture | undefined {
  const [picture, setPicture] = useState<Picture>();
  const { isOverview, steps, isAlone, lit } = state;
  // A set that is made anew at each rendering is another one only when it holds others.
  const alone = isAlone && lit ? [...lit].join() : '';
  const range = steps?.join('-') ?? '';
  useLayoutEffect(() => {
    let isWanted = true;
    const show = (made: Picture) => {
      if (isWanted) setPicture(made);
    };
    if (isOverview) {
      const overview = overviewOf(graph, issuers);
      show({ kind: 'piles', drawing: overview, graph, overview });
    } else {
      const shown = partOf(graph, state);
      void drawTasks(shown, issuers).then((drawing) =>
        show({ kind: 'tasks', drawing, graph: shown, overview: undefined }),
      );
    }
    return () => {
      isWanted = false;
    };
  }, [graph, issuers, isOverview, range, alone]);
  return picture;
}

function partOf(graph: TaskGraph, { steps, isAlone, lit }: ViewState): TaskGraph {
  if (isAlone && lit) return part(graph, (position) => lit.has(position));
  if (!steps) return graph;
  const [first, last] = steps;
  return part(graph, (position) => {
    const layer = graph.layers[position] ?? 0;
    return layer >= first && layer <= last;
  });
}
