import type { TaskNode } from '../api/wire.js';
import { shortIssuer } from '../ui/words.js';
import type { Card, Mark } from './drawing.js';

/** By what the tasks are coloured. */
export type ColourBy = 'issuer' | 'decision';

export const TONES = 8;

export const MARKS: readonly Mark[] = ['approved', 'rejected', 'pending_human_review', 'none'];

export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  approved: 'approved',
  rejected: 'rejected',
  pending_human_review: 'pending review',
  none: 'no policy',
};

/** One line of the legend. */
export interface Issuer {
  readonly iss: string;
  readonly name: string;
  readonly letter: string;
  readonly tone: number;
}

/** A letter and a colour for each issuer, in the order of their names, so that they stay while a workflow grows. Colours come again after eight; letters do not. */
export function issuersOf(tasks: readonly Pick<TaskNode, 'iss'>[]): ReadonlyMap<string, Issuer> {
  const names = [...new Set(tasks.map(({ iss }) => iss))].sort();
  return new Map(
    names.map((iss, order) => [
      iss,
      { iss, name: shortIssuer(iss), letter: letterOf(order), tone: order % TONES },
    ]),
  );
}

/** A … Z, AA, AB … as the columns of a table. */
function letterOf(order: number): string {
  const last = String.fromCharCode(65 + (order % 26));
  return order < 26 ? last : letterOf(Math.floor(order / 26) - 1) + last;
}

export function markOf({ pol_decision: decision }: Pick<TaskNode, 'pol_decision'>): Mark {
  return decision !== undefined && MARKS.includes(decision) ? decision : 'none';
}

export function cardOf(task: TaskNode, issuers: ReadonlyMap<string, Issuer>): Card {
  const { letter = '?', tone = 0, name = task.iss } = issuers.get(task.iss) ?? {};
  return {
    title: task.exec_act,
    subtitle: `#${task.index} · ${name}`,
    letter,
    tone,
    mark: markOf(task),
    isRevoked: task.key_status === 'revoked',
    count: 1,
  };
}
