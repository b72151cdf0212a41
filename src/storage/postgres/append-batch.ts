import type { Client } from 'pg';
import { outcomeOf, type AppendOutcome } from '../../application/ports/ledger-store.js';
import {
  admitSubmissions,
  admittedByIndex,
  type AdmissionRules,
  type AdmittedEct,
} from '../../domain/dag/admission.js';
import type { VerifiedEct } from '../../domain/entry.js';
import { findTasks, findWorkflowPositions } from './append-lookups.js';
import { INSERT_BATCH, openAppend } from './append-sql.js';

export interface AppendContext {
  readonly log: number;
  readonly rules: AdmissionRules;
  readonly nowMs: () => number;
}

/**
 * Appends one batch as one transaction under the log's lock: lock → head → what the rules ask → admit → insert → commit. Everything
 * that depends on the order (index, time) is assigned after the lock is held.
 *
 * @throws whatever the connection throws; the transaction is then rolled back or lost with its connection
 */
export async function appendBatch(
  client: Client,
  submissions: readonly (readonly VerifiedEct[])[],
  { log, rules, nowMs }: AppendContext,
): Promise<readonly (readonly AppendOutcome[])[]> {
  const ects = submissions.flat();
  const [last, tasks, positions] = await Promise.all([
    openTransaction(client, log),
    findTasks(client, log, ects),
    findWorkflowPositions(client, log, ects),
  ]);
  const head = {
    nextIndex: (last?.index ?? 0) + 1,
    recordedAtMs: Math.max(nowMs(), last?.recordedAtMs ?? 0),
  };
  const admissions = admitSubmissions(submissions, tasks, head, rules);
  const admitted = admittedByIndex(admissions);
  // After a statement that failed COMMIT is a rollback, so it need not wait to hear.
  await Promise.all([insert(client, log, admitted, positions), client.query('COMMIT')]);
  return admissions.map((ones) => ones.map(outcomeOf));
}

interface HeadRow {
  readonly index: number;
  readonly recordedAtMs: number;
}

async function openTransaction(client: Client, log: number): Promise<HeadRow | undefined> {
  // A message of several statements answers with one result each.
  const results = (await client.query(openAppend(log))) as unknown as readonly {
    readonly rows: readonly HeadRow[];
  }[];
  return results.at(-1)?.rows[0];
}

async function insert(
  client: Client,
  log: number,
  admitted: readonly AdmittedEct[],
  positions: ReadonlyMap<string, number>,
): Promise<void> {
  if (admitted.length === 0) return;
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
    positionsOf(admitted, positions),
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
function positionsOf(
  admitted: readonly AdmittedEct[],
  before: ReadonlyMap<string, number>,
): readonly (number | null)[] {
  const positions = new Map(before);
  return admitted.map(({ ect: { claims } }) => {
    if (claims.wid === undefined) return null;
    const position = (positions.get(claims.wid) ?? 0) + 1;
    positions.set(claims.wid, position);
    return position;
  });
}
