import type { Client } from 'pg';
import type { RecordedTask, RecordedTasks } from '../../domain/dag/admission.js';
import type { TaskId, VerifiedEct } from '../../domain/entry.js';
import { FIND_TASKS_ANYWHERE, FIND_TASKS_IN_WORKFLOWS, FIND_WORKFLOW_POSITIONS } from './append-sql.js';
import type { Statement } from './statement.js';

/** What the DAG rules ask for a whole batch: each token's own task and its parents'. */
export async function findTasks(
  client: Client,
  log: number,
  ects: readonly VerifiedEct[],
): Promise<RecordedTasks> {
  const inWorkflows = new Map<string, readonly [jti: string, wid: string]>();
  const anywhere = new Set<string>();
  for (const { claims } of ects) {
    for (const jti of [claims.jti, ...claims.parents]) {
      if (claims.wid === undefined) anywhere.add(jti);
      else inWorkflows.set(`${jti} ${claims.wid}`, [jti, claims.wid]);
    }
  }
  const pairs = [...inWorkflows.values()];
  const found = await Promise.all([
    find(client, FIND_TASKS_IN_WORKFLOWS, log, [pairs.map(([jti]) => jti), pairs.map(([, wid]) => wid)]),
    find(client, FIND_TASKS_ANYWHERE, log, [[...anywhere]]),
  ]);
  return new FoundTasks(found.flat());
}

/** How many entries each workflow of the batch has so far; one that is new has none. */
export async function findWorkflowPositions(
  client: Client,
  log: number,
  ects: readonly VerifiedEct[],
): Promise<ReadonlyMap<string, number>> {
  const wids = new Set(ects.map(({ claims }) => claims.wid).filter((wid) => wid !== undefined));
  const found = await find<{ wid: string; position: number }>(client, FIND_WORKFLOW_POSITIONS, log, [
    [...wids],
  ]);
  return new Map(found.map(({ wid, position }) => [wid, position]));
}

/** Asks nothing for an empty list. */
async function find<Row extends object = RecordedTask>(
  client: Client,
  statement: Statement,
  log: number,
  lists: readonly (readonly string[])[],
): Promise<readonly Row[]> {
  if (lists[0]?.length === 0) return [];
  return (await client.query<Row & Record<string, unknown>>({ ...statement, values: [log, ...lists] })).rows;
}

/** The rows of the look-ups, by `jti`; a task that both found counts once. */
class FoundTasks implements RecordedTasks {
  private readonly byJti = new Map<string, RecordedTask[]>();

  constructor(rows: readonly RecordedTask[]) {
    for (const row of new Map(rows.map((each) => [each.index, each])).values()) {
      const { wid, polDecision, digest } = row;
      const task = {
        ...row,
        wid: wid ?? undefined,
        polDecision: polDecision ?? undefined,
        digest: toBase64Url(digest),
      };
      const namesakes = this.byJti.get(task.jti);
      if (namesakes) namesakes.push(task);
      else this.byJti.set(task.jti, [task]);
    }
  }

  task({ jti, wid }: TaskId): RecordedTask | undefined {
    return this.byJti.get(jti)?.find((task) => task.wid === wid);
  }

  anywhere(jti: string): readonly RecordedTask[] {
    return this.byJti.get(jti) ?? [];
  }
}

function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
