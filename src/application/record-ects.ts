import { taskIdOf } from '../domain/ect/claims.js';
import type { Entry, VerifiedEct } from '../domain/entry.js';
import { LedgerError, type ProblemCode } from '../domain/errors.js';
import type { Receipt } from '../domain/log/receipt.js';
import { canSee, EVERYTHING, isLimited, type Visibility } from './caller.js';
import { Gate } from './gate.js';
import type { AppendOutcome, LedgerStore } from './ports/ledger-store.js';
import type { Metrics } from './ports/metrics.js';
import type { PublishLog } from './publish-log.js';
import type { Sequencer } from './sequencer.js';
import type { AuthenticatedEct, EctVerifier, Wait } from './verify-ect.js';

/** One compact JWS, alone or with the Workload Identity Token that vouches for its signer. */
export type SubmittedEct = string | { readonly ect: string; readonly wit: string };

export type Recording =
  | { readonly kind: 'recorded' | 'already-recorded'; readonly entry: Entry; readonly receipt: Receipt }
  | { readonly kind: 'rejected'; readonly error: LedgerError };

/** Called for every rejection, so that it can be logged. */
export type RejectionListener = (error: LedgerError) => void;

/**
 * Enough that whoever checks signatures never waits for the event loop, whatever else that is busy with. More would only wait with their tokens
 * decoded.
 */
const VERIFICATIONS_AT_ONCE = 256;

/** Records ECTs: verify → admit and sequence → prove (ECT §7). Nothing of a rejected token is stored; every rejection is counted and told. */
export class RecordEcts {
  private readonly verifications = new Gate(VERIFICATIONS_AT_ONCE);

  constructor(
    private readonly verifier: EctVerifier,
    private readonly store: LedgerStore,
    private readonly sequencer: Sequencer,
    private readonly log: PublishLog,
    private readonly metrics: Metrics,
    private readonly onRejection: RejectionListener,
  ) {}

  /** @throws LedgerError with the code of the first check that failed */
  async recordOne(compact: SubmittedEct, limits: Visibility): Promise<Extract<Recording, { entry: Entry }>> {
    const [recording] = await this.recordAll([compact], limits);
    if (!recording) throw new LedgerError('internal-error', 'a submission of one token came back empty');
    if (recording.kind === 'rejected') throw recording.error;
    return recording;
  }

  /**
   * Records several tokens in one commit; they may name each other as parents in any order.
   *
   * @param limits what the caller may record
   * @returns what became of each, in the order given
   * @throws LedgerError `overloaded`, `store-unavailable`, when the store fails: then no token of the call is acknowledged
   */
  async recordAll(compacts: readonly SubmittedEct[], limits: Visibility): Promise<readonly Recording[]> {
    const verified = await Promise.all(
      compacts.map((compact) => this.verifications.run(() => this.verify(compact, limits))),
    );
    const outcomes = (await this.append(verified)).map((outcome) => toldTo(limits, outcome));
    const recordings = await Promise.all(outcomes.map((outcome) => this.prove(outcome)));
    for (const recording of recordings) {
      if (recording.kind === 'rejected') {
        this.metrics.rejected(recording.error.code);
        this.onRejection(recording.error);
      }
    }
    this.metrics.recorded(recordings.filter(({ kind }) => kind === 'recorded').length);
    return recordings;
  }

  private async append(
    verified: readonly (VerifiedEct | AppendOutcome)[],
  ): Promise<readonly AppendOutcome[]> {
    const ects = verified.filter((item) => isVerified(item));
    const outcomes = ects.length === 0 ? [] : await this.sequencer.submit(ects);
    let next = 0;
    return verified.map((item) => {
      if (!isVerified(item)) return item;
      const outcome = outcomes[next++];
      if (!outcome) throw new LedgerError('internal-error', 'the store did not answer for every token');
      return outcome;
    });
  }

  private async verify(submitted: SubmittedEct, limits: Visibility): Promise<VerifiedEct | AppendOutcome> {
    const started = performance.now();
    let allowed: AuthenticatedEct | undefined;
    try {
      const [ect, wit] = typeof submitted === 'string' ? [submitted] : [submitted.ect, submitted.wit];
      const signed = await this.verifier.authenticate(ect, wit, this.stepAside);
      checkLimits(signed, limits);
      allowed = signed;
      return this.verifier.check(signed);
    } catch (error) {
      return (allowed && (await this.firstRecording(allowed))) ?? rejected(error);
    } finally {
      this.metrics.verified((performance.now() - started) / 1000);
    }
  }

  /** Keys that are fetched come when they come: their token must not keep others from being verified. */
  private readonly stepAside: Wait = (answer) => this.verifications.stepAside(answer);

  /** ECT §7 step 8a: whatever steps 9–11 say now, the byte-identical token is answered with its first recording. */
  private async firstRecording({ compact, payload }: AuthenticatedEct): Promise<AppendOutcome | undefined> {
    const task = taskIdOf(payload);
    if (!task) return undefined;
    const [entry] = await this.store.find({ jti: task.jti, wid: task.wid ?? null }, 1, EVERYTHING);
    return entry?.ect === compact ? { kind: 'already-recorded', entry } : undefined;
  }

  /** What was recorded before gets its proof under the newest checkpoint; what was recorded now has it. */
  private async prove(outcome: AppendOutcome): Promise<Recording> {
    if (outcome.kind !== 'already-recorded') return outcome;
    return { ...outcome, receipt: await this.log.receipt(outcome.entry.index) };
  }
}

function isVerified(item: VerifiedEct | AppendOutcome): item is VerifiedEct {
  return 'digest' in item;
}

/** By the token alone, before the ledger is asked: so the answer tells nothing about what is recorded. */
function checkLimits({ payload, key }: AuthenticatedEct, limits: Visibility): void {
  if (!isLimited(limits) || canSee(limits, { iss: key.iss, wid: taskIdOf(payload)?.wid })) return;
  throw new LedgerError('forbidden', 'your credentials do not cover tasks of this issuer and workflow');
}

/** Who may not see every parent is told only which rule its token broke, not the parent's time or decision. */
function toldTo(limits: Visibility, outcome: AppendOutcome): AppendOutcome {
  if (outcome.kind !== 'rejected' || !isLimited(limits)) return outcome;
  const { code, extras } = outcome.error;
  const message = DISCREET[code];
  return message === undefined ? outcome : { ...outcome, error: new LedgerError(code, message, extras) };
}

const DISCREET: Partial<Record<ProblemCode, string>> = {
  'temporal-order': 'the parent was issued after its child',
  'parent-policy': 'the parent was not approved: only a remediation may follow',
};

/** A rejection speaks for one token, also when its keys can't be fetched. */
function rejected(error: unknown): AppendOutcome {
  if (error instanceof LedgerError) return { kind: 'rejected', error };
  throw error;
}
