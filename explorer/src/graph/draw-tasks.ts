import { cardOf, type Issuer } from './colouring.js';
import { type Drawing, fitIn, type Links } from './drawing.js';
import { layeredLayout } from './layered-layout.js';
import type { TaskGraph } from './task-graph.js';

/** From more tasks on, the careful layout would take noticeably long. */
const MANY = 160;
/** A layout that can be shown only so large, compared with the compact one, is a strip. */
const STRIP = 0.6;

/** Every task of a graph as a card. The careful layout comes in a file of its own, which a large graph never loads. */
export async function drawTasks(graph: TaskGraph, issuers: ReadonlyMap<string, Issuer>): Promise<Drawing> {
  const { tasks, parents, layers } = graph;
  const pairs = parents.flatMap((ofThis, to) => ofThis.map((from) => [from, to, 1] as const));
  const links: Links = { count: tasks.length, layers, pairs };
  const cards = tasks.map((task) => cardOf(task, issuers));
  if (tasks.length > MANY || pairs.length > 3 * MANY) return { cards, ...layeredLayout(links) };
  const { smallLayout } = await import('./small-layout.js');
  const aspect = innerWidth / innerHeight;
  const careful = smallLayout(links, aspect);
  // Few steps with many tasks each would be a narrow strip that nobody can read.
  const compact = layeredLayout(links);
  return { cards, ...(fitIn(careful, aspect) < STRIP * fitIn(compact, aspect) ? compact : careful) };
}
