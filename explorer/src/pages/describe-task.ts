import { MARK_WORDS, markOf } from '../graph/colouring.js';
import type { TaskGraph } from '../graph/task-graph.js';
import { count } from '../ui/words.js';

/** A task as a sentence, for those who don't see the picture. */
export function describeTask({ tasks, parents, children }: TaskGraph, position: number): string {
  const task = tasks[position];
  if (!task) return '';
  const relatives = [
    count(parents[position]?.length ?? 0, 'parent'),
    `${children[position]?.length ?? 0} ${children[position]?.length === 1 ? 'child' : 'children'}`,
  ];
  const revoked = task.key_status === 'revoked' ? ', its key is revoked' : '';
  return `${task.exec_act}, number ${task.index}, by ${task.iss}, ${MARK_WORDS[markOf(task)]}${revoked}, ${relatives.join(', ')}`;
}
