import type { Entry, TaskId, VerifiedEct } from '../entry.js';
import { LedgerError } from '../errors.js';
import { encodeLeaf } from '../log/leaf.js';
import type { Revocations } from '../revocation.js';
import { submissionOrder } from './submission-order.js';

/** What the rules need to know of a recorded task. */
export interface RecordedTask extends TaskId {
  readonly index: number;
  readonly iat: number;
  readonly polDecision?: string | undefined;
  /** SHA-256 of the compact JWS, base64url. */
  readonly digest: string;
  readonly recordedAtMs: number;
  /** Thumbprint of the key that verified it. */
  readonly jkt: string;
}

/** What the ledger holds, as far as a submission's `jti`s and parents go. */
export interface RecordedTasks {
  /** The task with exactly this `wid` (or exactly none). */
  task(id: TaskId): RecordedTask | undefined;
  /** Tasks with this `jti` in any workflow or none; more than two need not be told apart. */
  anywhere(jti: string): readonly RecordedTask[];
}

export interface AdmissionRules {
  /** How much younger than its child a parent's `iat` may look, in seconds. */
  readonly clockSkewSeconds: number;
  /** `exec_act`s that may follow a parent which was not approved; `*` at the end stands for any rest. */
  readonly remediationActions: readonly string[];
}

/** Where the next entry goes. */
export interface Head {
  readonly nextIndex: number;
  readonly recordedAtMs: number;
  /** Keys with which nothing may be recorded. */
  readonly revocations?: Revocations | undefined;
}

/** An ECT that passed all rules, with its place in the log. */
export interface AdmittedEct {
  readonly ect: VerifiedEct;
  readonly index: number;
  readonly recordedAtMs: number;
  /** Indices of the parents, in the token's order; each below `index`. */
  readonly parentIndices: readonly number[];
}

export type Admission =
  | { readonly kind: 'recorded'; readonly admitted: AdmittedEct }
  | { readonly kind: 'already-recorded'; readonly ect: VerifiedEct; readonly first: RecordedTask }
  | { readonly kind: 'rejected'; readonly error: LedgerError };

/**
 * Applies the DAG rules (ECT §6) to submissions one after the other, each seeing what the earlier ones added. Pure: the caller holds
 * the log's lock, so that nobody else changes what `recorded` tells.
 *
 * @returns per submission the admissions in the order sent
 */
export function admitSubmissions(
  submissions: readonly (readonly VerifiedEct[])[],
  recorded: RecordedTasks,
  head: Head,
  rules: AdmissionRules,
): readonly (readonly Admission[])[] {
  const view = new GrowingView(recorded, head);
  return submissions.map((ects) => {
    const { order, cyclic } = submissionOrder(ects, (ect) => rivalOf(ect, view) !== undefined);
    const admissions = new Map<number, Admission>();
    for (const position of order) {
      const ect = ects[position];
      if (ect) admissions.set(position, admitOne(ect, cyclic.has(position), view, rules));
    }
    return [...admissions].sort(([a], [b]) => a - b).map(([, admission]) => admission);
  });
}

/**
 * Applies the DAG rules to one token, for those who keep verified tokens in a store of their own.
 *
 * @returns its recorded parents in the token's order
 * @throws LedgerError `duplicate-jti`, `cycle`, `missing-parent`, `temporal-order`, `parent-policy`; `duplicate-jti` also when the very same
 *   token is recorded
 */
export function checkDag(
  ect: VerifiedEct,
  recorded: RecordedTasks,
  rules: AdmissionRules,
): readonly RecordedTask[] {
  if (checkUnique(ect, recorded))
    throw new LedgerError('duplicate-jti', `the token of the task ${ect.claims.jti} is recorded`);
  return checkPlace(ect, false, recorded, rules);
}

/**
 * ECT §6, rules in their order; a cycle is found before rule 2 would call it a missing parent. Before them once more §7 step 6, by the time
 * of recording: the key may have been revoked since the token was verified.
 */
function admitOne(ect: VerifiedEct, isCyclic: boolean, view: GrowingView, rules: AdmissionRules): Admission {
  try {
    view.checkKey(ect);
    const first = checkUnique(ect, view);
    if (first) return { kind: 'already-recorded', ect, first };
    const parents = checkPlace(ect, isCyclic, view, rules);
    return { kind: 'recorded', admitted: view.add(ect, parents) };
  } catch (error) {
    if (error instanceof LedgerError) return { kind: 'rejected', error };
    throw error;
  }
}

/** §6 rules 2–5 */
function checkPlace(
  ect: VerifiedEct,
  isCyclic: boolean,
  view: RecordedTasks,
  rules: AdmissionRules,
): readonly RecordedTask[] {
  checkAcyclic(ect, isCyclic);
  const parents = checkParentsExist(ect, view);
  checkTime(ect, parents, rules);
  checkParentPolicy(ect, parents, rules);
  return parents;
}

/** Whoever holds the token's identity already. §6.1: with `wid` within the workflow, without it in the whole store. */
function rivalOf({ claims, digest }: VerifiedEct, view: RecordedTasks): RecordedTask | undefined {
  const same = view.task({ jti: claims.jti, wid: claims.wid });
  if (same?.digest === digest || claims.wid !== undefined) return same;
  return same ?? view.anywhere(claims.jti)[0];
}

/** §6.1; the byte-identical token is no duplicate but its first recording (§7 step 8a). */
function checkUnique(ect: VerifiedEct, view: RecordedTasks): RecordedTask | undefined {
  const rival = rivalOf(ect, view);
  if (!rival || (rival.digest === ect.digest && rival.wid === ect.claims.wid)) return rival;
  throw new LedgerError(
    'duplicate-jti',
    `another token is recorded for the task ${ect.claims.jti}${ect.claims.wid ? ` in workflow ${ect.claims.wid}` : ''}`,
  );
}

/** §6.4 */
function checkAcyclic({ claims }: VerifiedEct, isCyclic: boolean): void {
  if (isCyclic || claims.parents.includes(claims.jti)) {
    throw new LedgerError('cycle', `the task ${claims.jti} would be its own ancestor`);
  }
}

/** §6.2: with `wid` in the same workflow, without it anywhere and unambiguous. */
function checkParentsExist({ claims }: VerifiedEct, view: RecordedTasks): readonly RecordedTask[] {
  const found: RecordedTask[] = [];
  const missing: string[] = [];
  for (const jti of claims.parents) {
    const candidates =
      claims.wid === undefined
        ? view.anywhere(jti)
        : [view.task({ jti, wid: claims.wid })].filter((task) => task !== undefined);
    const [parent] = candidates;
    if (parent && candidates.length === 1) found.push(parent);
    else missing.push(jti);
  }
  if (missing.length === 0) return found;
  const where = claims.wid === undefined ? 'exactly once in the ledger' : `in workflow ${claims.wid}`;
  throw new LedgerError('missing-parent', `not recorded ${where}: ${missing.join(', ')}`, {
    parents: missing,
  });
}

/** §6.3 */
function checkTime({ claims }: VerifiedEct, parents: readonly RecordedTask[], rules: AdmissionRules): void {
  const younger = parents.find((parent) => parent.iat > claims.iat + rules.clockSkewSeconds);
  if (!younger) return;
  throw new LedgerError(
    'temporal-order',
    `the parent ${younger.jti} was issued ${younger.iat - claims.iat} s after its child; ${rules.clockSkewSeconds} s are tolerated`,
    { parent: younger.jti },
  );
}

/** §6.5 */
function checkParentPolicy(
  { claims }: VerifiedEct,
  parents: readonly RecordedTask[],
  rules: AdmissionRules,
): void {
  const blocking = parents.find(({ polDecision }) => polDecision !== undefined && polDecision !== 'approved');
  if (!blocking || claims.extension?.['compensation_required'] === true) return;
  if (rules.remediationActions.some((pattern) => matchesAction(pattern, claims.execAct))) return;
  throw new LedgerError(
    'parent-policy',
    `the parent ${blocking.jti} was ${blocking.polDecision ?? ''}: only a remediation may follow ` +
      `(an exec_act of ${rules.remediationActions.join(', ')}, or compensation_required: true in the extension)`,
    { parent: blocking.jti },
  );
}

function matchesAction(pattern: string, execAct: string): boolean {
  return pattern.endsWith('*') ? execAct.startsWith(pattern.slice(0, -1)) : execAct === pattern;
}

/** The recorded tasks and, on top, those admitted so far. */
class GrowingView implements RecordedTasks {
  private readonly added = new Map<string, RecordedTask[]>();
  private nextIndex: number;

  constructor(
    private readonly recorded: RecordedTasks,
    private readonly head: Head,
  ) {
    this.nextIndex = head.nextIndex;
  }

  task(id: TaskId): RecordedTask | undefined {
    return this.added.get(id.jti)?.find((task) => task.wid === id.wid) ?? this.recorded.task(id);
  }

  anywhere(jti: string): readonly RecordedTask[] {
    return [...(this.added.get(jti) ?? []), ...this.recorded.anywhere(jti)];
  }

  checkKey({ jkt, kid, claims }: VerifiedEct): void {
    this.head.revocations?.check({ jkt, kid, iss: claims.iss }, this.head.recordedAtMs);
  }

  add(ect: VerifiedEct, parents: readonly RecordedTask[]): AdmittedEct {
    const { claims, digest, jkt } = ect;
    const { recordedAtMs } = this.head;
    const index = this.nextIndex++;
    const task = { ...claims, digest, jkt, index, recordedAtMs };
    this.added.set(claims.jti, [...(this.added.get(claims.jti) ?? []), task]);
    return { ect, index, recordedAtMs, parentIndices: parents.map((parent) => parent.index) };
  }
}

/** What a store has to write, by index. */
export function admittedByIndex(admissions: readonly (readonly Admission[])[]): readonly AdmittedEct[] {
  const admitted = admissions.flat().flatMap((one) => (one.kind === 'recorded' ? [one.admitted] : []));
  return admitted.sort((a, b) => a.index - b.index);
}

/** The entry of an ECT at its place. */
export function entryOf(ect: VerifiedEct, place: Pick<Entry, 'index' | 'recordedAtMs' | 'jkt'>): Entry {
  const { profile, alg, kid, claims, payload } = ect;
  return {
    index: place.index,
    recordedAtMs: place.recordedAtMs,
    jkt: place.jkt,
    ect: ect.ect,
    profile,
    alg,
    kid,
    claims,
    payload,
  };
}

/** The leaf that commits to an admitted ECT. */
export function leafOf({ ect, recordedAtMs }: AdmittedEct): Uint8Array {
  const { claims, digest, jkt } = ect;
  return encodeLeaf({ kind: 'ect', jti: claims.jti, digest, jkt, recordedAtMs });
}
