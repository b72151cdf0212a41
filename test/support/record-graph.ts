import { randomUUID } from 'node:crypto';
import type { EntryJson } from './client.js';
import type { TestService } from './service.js';

const BATCH = 500;

/**
 * Records a workflow of `size` tasks that two agents take turns at.
 *
 * @param parentsOf the numbers of a task's parents, all below its own
 * @returns the entries by index
 */
export async function recordGraph(
  { client, cast }: TestService,
  size: number,
  parentsOf: (task: number) => readonly number[],
): Promise<readonly EntryJson[]> {
  const wid = randomUUID();
  const jtis = Array.from({ length: size }, () => randomUUID());
  const compacts = await Promise.all(
    jtis.map((jti, i) => {
      const parents = parentsOf(i).map((parent) => jtis[parent] ?? '');
      return (i % 2 === 0 ? cast.a : cast.b).sign({ jti, wid, parents });
    }),
  );
  const entries: EntryJson[] = [];
  for (let start = 0; start < size; start += BATCH) {
    const { body } = await client.recordBatch(compacts.slice(start, start + BATCH));
    for (const result of body.results) {
      if (!('entry' in result)) throw new Error(`not recorded: ${JSON.stringify(result)}`);
      entries.push(result.entry);
    }
  }
  return entries.sort((a, b) => a.index - b.index);
}
