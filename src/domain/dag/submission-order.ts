import type { VerifiedEct } from '../entry.js';

export interface SubmissionOrder {
  /** Positions in the submission, parents before children, otherwise as sent. */
  readonly order: readonly number[];
  /** Positions on a cycle (ECT §6.4), a token naming itself included. */
  readonly cyclic: ReadonlySet<number>;
}

/**
 * Orders the tokens of one submission so that each can be admitted after those it rests on: its parents, and the earlier tokens
 * that claim the same task. Tarjan's strongly connected components along those edges come out parents first, and a component of
 * several tokens is a cycle.
 *
 * @param isSettled tokens that the ledger holds already need no order
 */
export function submissionOrder(
  ects: readonly VerifiedEct[],
  isSettled: (ect: VerifiedEct) => boolean,
): SubmissionOrder {
  const targets = dependencies(ects, isSettled);
  const order: number[] = [];
  const cyclic = new Set<number>();
  const visitNumber = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();

  const visit = (position: number): number => {
    const number = visitNumber.size;
    visitNumber.set(position, number);
    stack.push(position);
    onStack.add(position);
    let lowest = number;
    for (const target of targets[position] ?? []) {
      if (target === position) cyclic.add(position);
      const seen = visitNumber.get(target);
      if (seen === undefined) lowest = Math.min(lowest, visit(target));
      else if (onStack.has(target)) lowest = Math.min(lowest, seen);
    }
    if (lowest === number) {
      const component = stack.splice(stack.lastIndexOf(position)).sort((a, b) => a - b);
      for (const member of component) {
        onStack.delete(member);
        if (component.length > 1) cyclic.add(member);
      }
      order.push(...component);
    }
    return lowest;
  };
  ects.forEach((_, position) => {
    if (!visitNumber.has(position)) visit(position);
  });
  return { order, cyclic };
}

/** Per token the positions it has to wait for. A task is named by its first token; a later one for the same task waits for its rival. */
function dependencies(
  ects: readonly VerifiedEct[],
  isSettled: (ect: VerifiedEct) => boolean,
): readonly (readonly number[])[] {
  const latestOfTask = new Map<string, number>();
  const firstOfTask = new Map<string, number>();
  const tasksOfJti = new Map<string, number[]>();
  const rivals = ects.map(({ claims: { jti, wid } }, position) => {
    const task = taskKey(jti, wid);
    const earlier = wid === undefined ? [...(tasksOfJti.get(jti) ?? [])] : [];
    const previous = latestOfTask.get(task);
    latestOfTask.set(task, position);
    if (previous !== undefined) return [...earlier, previous];
    firstOfTask.set(task, position);
    const firsts = tasksOfJti.get(jti);
    if (firsts) firsts.push(position);
    else tasksOfJti.set(jti, [position]);
    return earlier;
  });
  return ects.map((ect, position) => {
    if (isSettled(ect)) return [];
    const { wid, parents } = ect.claims;
    const named = parents.flatMap((parent) => {
      if (wid === undefined) return tasksOfJti.get(parent) ?? [];
      return firstOfTask.get(taskKey(parent, wid)) ?? [];
    });
    return [...(rivals[position] ?? []), ...named];
  });
}

function taskKey(jti: string, wid: string | undefined): string {
  return `${jti} ${wid ?? ''}`;
}
