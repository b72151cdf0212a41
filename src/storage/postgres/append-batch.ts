import type { Client } from 'pg';
import { outcomeOf, type AppendOutcome } from '../../application/ports/ledger-store.js';
import {
  admitSubmissions,
  admittedByIndex,
  leafOf,
  type AdmissionRules,
  type AdmittedEct,
} from '../../domain/dag/admission.js';
import type { VerifiedEct } from '../../domain/entry.js';
import type { LogSealer, Seal, StoredLog } from '../../application/seal-log.js';
import type { Receipt } from '../../domain/log/receipt.js';
import { findTasks, findWorkflowPositions } from './append-lookups.js';
import { INSERT_BATCH, openAppend, READ_HEAD } from './append-sql.js';
import { insertSeal, logInTransaction, queryOn } from './seal-batch.js';
import { sealRecorded } from './seal-recorded.js';
import type { StoredRevocations } from './stored-revocations.js';

export interface AppendContext {
  readonly log: number;
  readonly sealer: LogSealer;
  readonly revocations: StoredRevocations;
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
  const ects = submissions.flat();
  const [head, tasks, positions] = await inOneWrite(client, () =>
    Promise.all([
      openTransaction(client, log),
      findTasks(client, log, ects),
      findWorkflowPositions(client, log, ects),
    ]),
  );
  if (head.size === 0 && head.lastEntry > 0) return sealRecordedFirst(client, submissions, head, context);
  const next = {
    nextIndex: Math.max(head.size, 1),
    recordedAtMs: Math.max(nowMs(), head.recordedAtMs),
    revocations: await context.revocations.forAppending(head.revocations, queryOn(client)),
  };
  const admissions = admitSubmissions(submissions, tasks, next, rules);
  const admitted = admittedByIndex(admissions);
  const leaves = [...(head.size === 0 ? [sealer.genesis()] : []), ...admitted.map(leafOf)];
  const seal = await sealLeaves(leaves, sealer, logAt(head, client, log));
  // After a statement that failed COMMIT is a rollback, so it need not wait to hear.
  await inOneWrite(client, () =>
    Promise.all([
      insert(client, log, admitted, positions),
      seal && insertSeal(client, log, head.size, leaves, seal),
      client.query('COMMIT'),
    ]),
  );
  const receipts = seal?.receipts ?? new Map<number, Receipt>();
  return { seal, outcomes: admissions.map((ones) => ones.map((one) => outcomeOf(one, receipts))) };
}

/** Without leaves there is nothing to sign, only to see that the log may be signed. */
async function sealLeaves(
  leaves: readonly Uint8Array[],
  sealer: LogSealer,
  stored: StoredLog,
): Promise<Seal | undefined> {
  if (leaves.length > 0) return sealer.seal(stored, leaves);
  await sealer.takeUp(stored);
  return undefined;
}

/** The log as the transaction sees it; what the head tells needs no further question. */
function logAt({ size, checkpoint }: HeadRow, client: Client, log: number): StoredLog {
  const stored = logInTransaction(client, log);
  return {
    ...stored,
    size: () => Promise.resolve(size),
    checkpoint: (asked) =>
      asked === size && checkpoint !== null ? Promise.resolve(checkpoint) : stored.checkpoint(asked),
  };
}

/** Entries that were recorded before there was a log get their leaves before anything else is appended. */
async function sealRecordedFirst(
  client: Client,
  submissions: readonly (readonly VerifiedEct[])[],
  { lastEntry }: HeadRow,
  context: AppendContext,
): Promise<AppendedBatch> {
  const seal = await sealRecorded(client, lastEntry, context);
  await client.query('COMMIT');
  return submissions.length === 0 ? { seal, outcomes: [] } : appendBatch(client, submissions, context);
}

/** Statements that are queued together leave together: each write of its own would wake the server and be paid for as such. */
function inOneWrite<Result>(client: Client, queue: () => Result): Result {
  const { stream } = client.connection;
  stream.cork();
  try {
    return queue();
  } finally {
    stream.uncork();
  }
}

interface HeadRow {
  /** Number of leaves. */
  readonly size: number;
  /** The checkpoint of that size. */
  readonly checkpoint: string | null;
  /** Index of the last entry; 0 when there is none. */
  readonly lastEntry: number;
  /** Of the last entry; 0 when there is none. */
  readonly recordedAtMs: number;
  /** How many revocations are stored. */
  readonly revocations: number;
}

/** Takes the log's lock and reads where the log stands. */
export async function openTransaction(client: Client, log: number): Promise<HeadRow> {
  const [, { rows }] = await Promise.all([
    client.query(openAppend(log)),
    client.query<HeadRow & Record<string, unknown>>({ ...READ_HEAD, values: [log] }),
  ]);
  const [head] = rows;
  if (!head) throw new Error('the database did not tell the head of the log');
  return head;
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
  const uses = keyUsesOf(admitted);
  const values = [
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
    uses.map(({ ect }) => ect.jkt),
    uses.map(({ ect }) => JSON.stringify(ect.jwk)),
    uses.map(({ index }) => index),
    uses.map(({ ect }) => ect.claims.iss),
    uses.map(({ ect }) => ect.kid),
    uses.map(({ ect }) => ect.source ?? null),
  ];
  await client.query({ ...INSERT_BATCH, values });
}

/** The first of the batch for every key and name it served under. */
function keyUsesOf(admitted: readonly AdmittedEct[]): readonly AdmittedEct[] {
  const uses = new Map<string, AdmittedEct>();
  for (const one of admitted) {
    const use = `${one.ect.jkt} ${one.ect.claims.iss} ${one.ect.kid}`;
    if (!uses.has(use)) uses.set(use, one);
  }
  return [...uses.values()];
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
