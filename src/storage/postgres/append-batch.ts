import type { Client } from 'pg';
import { outcomeOf, type AppendOutcome } from '../../application/ports/ledger-store.js';
import {
  admitSubmissions,
  admittedByIndex,
  leafOf,
  type AdmissionRules,
  type AdmittedEct,
  type RecordedTask,
  type RecordedTasks,
} from '../../domain/dag/admission.js';
import type { TaskId, VerifiedEct } from '../../domain/entry.js';
import type { Receipt } from '../../domain/log/receipt.js';
import type { LogSealer, Seal } from '../../application/seal-log.js';
import { FIND_TASKS, FIND_WORKFLOW_POSITIONS, INSERT_BATCH, openAppend } from './append-sql.js';
import { insertSeal, sealBatch } from './seal-batch.js';
import { sealRecorded } from './seal-recorded.js';

export interface AppendContext {
  readonly log: number;
  readonly sealer: LogSealer;
  readonly rules: AdmissionRules;
  readonly nowMs: () => number;
  /** Told how far long work has come. */
  readonly onProgress: (message: string) => void;
}

/** What an append did, committed but not yet settled. */
export interface AppendedBatch {
  readonly outcomes: readonly (readonly AppendOutcome[])[];
  /** `undefined` when nothing was added to the log. */
  readonly seal: Seal | undefined;
}

/**
 * Appends one batch as one transaction under the log's lock: lock → head → what the rules ask → admit → seal → insert → commit. Everything
 * that depends on the order (index, time, tree) is assigned after the lock is held.
 *
 * @throws whatever the connection throws; the transaction is then rolled back or lost with its connection
 */
export async function appendBatch(
  client: Client,
  submissions: readonly (readonly VerifiedEct[])[],
  context: AppendContext,
): Promise<AppendedBatch> {
  const { log, sealer, rules, nowMs } = context;
  const { size, lastEntry, recordedAtMs } = await openTransaction(client, log);
  if (size === 0 && lastEntry > 0) {
    const seal = await sealRecorded(client, lastEntry, context);
    await client.query('COMMIT');
    return submissions.length === 0 ? { seal, outcomes: [] } : appendBatch(client, submissions, context);
  }
  const tasks = await findTasks(client, log, submissions.flat());
  const head = { nextIndex: Math.max(size, 1), recordedAtMs: Math.max(nowMs(), recordedAtMs) };
  const admissions = admitSubmissions(submissions, tasks, head, rules);
  const admitted = admittedByIndex(admissions);
  const leaves = [...(size === 0 ? [sealer.genesis()] : []), ...admitted.map(leafOf)];
  const seal = await sealBatch(client, leaves, context);
  if (admitted.length > 0) await insert(client, log, admitted);
  if (seal) await insertSeal(client, log, size, leaves, seal);
  await client.query('COMMIT');
  const receipts = seal?.receipts ?? new Map<number, Receipt>();
  return { seal, outcomes: admissions.map((ones) => ones.map((one) => outcomeOf(one, receipts))) };
}

interface HeadRow {
  /** Number of leaves. */
  readonly size: number;
  /** Index of the last entry; 0 when there is none. */
  readonly lastEntry: number;
  /** Of the last entry; 0 when there is none. */
  readonly recordedAtMs: number;
}

async function openTransaction(client: Client, log: number): Promise<HeadRow> {
  // A message of several statements answers with one result each.
  const results = (await client.query(openAppend(log))) as unknown as readonly {
    readonly rows: readonly HeadRow[];
  }[];
  const head = results.at(-1)?.rows[0];
  if (!head) throw new Error('the database did not tell the head of the log');
  return head;
}

async function findTasks(client: Client, log: number, ects: readonly VerifiedEct[]): Promise<RecordedTasks> {
  const inWorkflow = ects
    .filter(({ claims }) => claims.wid !== undefined)
    .flatMap(({ claims }) => namedBy(claims).map((jti) => [jti, claims.wid]));
  const anywhere = ects
    .filter(({ claims }) => claims.wid === undefined)
    .flatMap(({ claims }) => namedBy(claims));
  const found = await client.query<RecordedTask>(FIND_TASKS, [
    log,
    inWorkflow.map(([jti]) => jti),
    inWorkflow.map(([, wid]) => wid),
    [...new Set(anywhere)],
  ]);
  return new FoundTasks(found.rows);
}

function namedBy({
  jti,
  parents,
}: {
  readonly jti: string;
  readonly parents: readonly string[];
}): readonly string[] {
  return [jti, ...parents];
}

/** The rows of one look-up, by `jti`. */
class FoundTasks implements RecordedTasks {
  private readonly byJti = new Map<string, RecordedTask[]>();

  constructor(rows: readonly RecordedTask[]) {
    for (const row of rows) {
      const { wid, polDecision, digest } = row;
      const task = {
        ...row,
        wid: wid ?? undefined,
        polDecision: polDecision ?? undefined,
        digest: toBase64Url(digest),
      };
      this.byJti.set(task.jti, [...(this.byJti.get(task.jti) ?? []), task]);
    }
  }

  task({ jti, wid }: TaskId): RecordedTask | undefined {
    return this.byJti.get(jti)?.find((task) => task.wid === wid);
  }

  anywhere(jti: string): readonly RecordedTask[] {
    return this.byJti.get(jti) ?? [];
  }
}

async function insert(client: Client, log: number, admitted: readonly AdmittedEct[]): Promise<void> {
  const positions = await workflowPositions(client, log, admitted);
  const column = <Value>(valueOf: (one: AdmittedEct) => Value) => admitted.map(valueOf);
  const edges = admitted.flatMap(({ index, parentIndices }) =>
    parentIndices.map((parent) => [index, parent] as const),
  );
  const keys = new Map(admitted.map(({ ect }) => [ect.jkt, JSON.stringify(ect.jwk)]));
  await client.query(INSERT_BATCH, [
    log,
    column(({ index }) => index),
    column(({ ect }) => ect.claims.jti),
    column(({ ect }) => ect.claims.wid ?? null),
    positions,
    column(({ ect }) => ect.claims.iss),
    column(({ ect }) => ect.claims.execAct),
    column(({ ect }) => ect.claims.iat),
    column(({ ect }) => ect.claims.polDecision ?? null),
    column(({ ect }) => `{${ect.claims.parents.join(',')}}`),
    column(({ ect }) => ect.profile),
    column(({ ect }) => ect.alg),
    column(({ ect }) => ect.kid),
    column(({ ect }) => ect.jkt),
    column(({ ect }) => Buffer.from(ect.digest, 'base64url').toString('base64')),
    column(({ recordedAtMs }) => recordedAtMs),
    column(({ ect }) => ect.ect),
    edges.map(([child]) => child),
    edges.map(([, parent]) => parent),
    [...keys.keys()],
    [...keys.values()],
  ]);
}

/** For each ECT how many entries its workflow has with it; null without a workflow. */
async function workflowPositions(
  client: Client,
  log: number,
  admitted: readonly AdmittedEct[],
): Promise<readonly (number | null)[]> {
  const wids = [...new Set(admitted.map(({ ect }) => ect.claims.wid).filter((wid) => wid !== undefined))];
  if (wids.length === 0) return admitted.map(() => null);
  const found = await client.query<{ wid: string; position: number }>(FIND_WORKFLOW_POSITIONS, [log, wids]);
  const positions = new Map(found.rows.map(({ wid, position }) => [wid, position]));
  return admitted.map(({ ect: { claims } }) => {
    if (claims.wid === undefined) return null;
    const position = (positions.get(claims.wid) ?? 0) + 1;
    positions.set(claims.wid, position);
    return position;
  });
}

function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
