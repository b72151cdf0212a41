import { hash } from 'node:crypto';
import { checkClaims } from '../domain/ect/claims.js';
import { type FreshnessRules, checkAudience, checkFreshness } from '../domain/ect/freshness.js';
import { type EctHeader, checkHeader } from '../domain/ect/header.js';
import { type DecodedEct, decodeEct } from '../domain/ect/jws.js';
import type { JsonObject, VerifiedEct } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import type { Clock } from './ports/clock.js';
import type { KeyResolver, VerificationKey } from './ports/key-resolver.js';
import type { SignatureVerifier } from './ports/signature-verifier.js';
import type { RevocationList } from './revocation-list.js';

/** What the operator configured for the checks of ECT §7. */
export interface VerificationRules extends FreshnessRules {
  /** Size of one token in bytes. */
  readonly maxBytes: number;
  /** Allow-list of `alg`. */
  readonly algorithms: readonly string[];
  /** The ledger's own identity; without it `aud` is not looked at. */
  readonly ledgerId?: string | undefined;
  readonly maxParents: number;
}

/** An ECT whose issuer is certain (ECT §7, steps 1–8) and whose claims are not checked yet. Only `authenticate` makes one. */
export interface AuthenticatedEct {
  /** The compact JWS, byte for byte as received. */
  readonly compact: string;
  /** SHA-256 of the compact JWS, base64url without padding. */
  readonly digest: string;
  readonly header: EctHeader;
  readonly payload: JsonObject;
  readonly key: VerificationKey;
}

/** How to wait for an answer that takes time. */
export type Wait = <Result>(answer: Promise<Result>) => Promise<Result>;

/** Verifies ECTs in the order of ECT §7, in two halves, because step 8a (was it recorded before?) comes between them. */
export class EctVerifier {
  constructor(
    private readonly keyResolver: KeyResolver,
    private readonly signatureVerifier: SignatureVerifier,
    private readonly clock: Clock,
    private readonly rules: VerificationRules,
    private readonly revocations?: Pick<RevocationList, 'current'>,
  ) {}

  /**
   * ECT §7 steps 1–8: who signed this?
   *
   * @throws LedgerError `token-too-large` to `issuer-mismatch`, the code of the first step that failed; `store-unavailable` when the issuer's
   *   keys can't be fetched
   * @param wit the Workload Identity Token that came along: its key is the verifying one then
   */
  async authenticate(compact: string, wit?: string, wait: Wait = justWait): Promise<AuthenticatedEct> {
    const decoded = decodeEct(compact, this.rules.maxBytes); // 1, 2
    const header = checkHeader(decoded.header, this.rules.algorithms); // 3, 4
    const key = await this.findKey(decoded.payload, header, wit, wait); // 5
    this.checkKeyFits(key, header); // 6
    this.revocations?.current.check(key, this.clock.nowMs()); // 6
    await this.checkSignature(decoded, key, header); // 7
    checkIssuer(decoded.payload, key); // 8
    return { compact, digest: sha256(compact), header, payload: decoded.payload, key };
  }

  /**
   * ECT §7 steps 9–11: does it say something acceptable, to us, now? First, whether who vouches for its key still does.
   *
   * @throws LedgerError `unknown-key`, `invalid-claims` to `too-old`, the code of the first step that failed
   */
  check(authenticated: AuthenticatedEct): VerifiedEct {
    const { compact, digest, header, payload, key } = authenticated;
    const nowSeconds = Math.floor(this.clock.nowMs() / 1000);
    checkValidity(key, nowSeconds, this.rules);
    const claims = checkClaims(payload, header.profile, this.rules); // 9
    checkAudience(claims, this.rules.ledgerId); // 10
    checkFreshness(claims, nowSeconds, this.rules); // 11
    const { kid, jkt, jwk, source } = key;
    return {
      ect: compact,
      digest,
      profile: header.profile.name,
      alg: header.alg,
      kid,
      jkt,
      jwk,
      source,
      claims,
      payload,
    };
  }

  /** `iss` and `kid` are the sender's words until step 7: they are good for a look-up, nothing else. */
  private async findKey(
    { iss }: JsonObject,
    { kid }: EctHeader,
    wit: string | undefined,
    wait: Wait,
  ): Promise<VerificationKey> {
    const found = typeof iss === 'string' ? this.keyResolver.resolve(iss, kid, wit) : undefined;
    const key = found instanceof Promise ? await wait(found) : found;
    if (key === undefined) {
      throw new LedgerError('unknown-key', 'no trusted issuer of the name in "iss" has a key of this "kid"');
    }
    return key;
  }

  private checkKeyFits(key: VerificationKey, { alg }: EctHeader): void {
    if (this.signatureVerifier.fits(key, alg)) return;
    throw new LedgerError('unknown-key', `the issuer's key of this "kid" does not serve ${alg}`);
  }

  private async checkSignature(decoded: DecodedEct, key: VerificationKey, { alg }: EctHeader): Promise<void> {
    if (decoded.hasSignature && (await this.signatureVerifier.verify(decoded.compact, key, alg))) return;
    throw new LedgerError('invalid-signature', "the signature is not that of the issuer's key");
  }
}

const justWait: Wait = (answer) => answer;

/** Issuer A's key must never speak for issuer B, however it was found. */
function checkIssuer({ iss }: JsonObject, key: VerificationKey): void {
  if (iss !== key.iss)
    throw new LedgerError('issuer-mismatch', 'the key does not belong to the issuer in "iss"');
}

/** After step 8a, so that a retry is answered also when the WIT it was recorded with has expired. */
function checkValidity({ validity }: VerificationKey, nowSeconds: number, rules: FreshnessRules): void {
  if (validity === undefined) return;
  const { notBefore, expires } = validity;
  if (expires <= nowSeconds)
    throw new LedgerError(
      'unknown-key',
      `the Workload Identity Token expired at ${expires}, now is ${nowSeconds}`,
    );
  if (notBefore > nowSeconds + rules.clockSkewSeconds)
    throw new LedgerError(
      'unknown-key',
      `the Workload Identity Token is valid from ${notBefore}, now is ${nowSeconds}`,
    );
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
