import { type Clock, SystemClock } from './application/ports/clock.js';
import { KeyResolver } from './application/ports/key-resolver.js';
import type { ReplayCache } from './application/replay-cache.js';
import { EctVerifier, type VerificationRules } from './application/verify-ect.js';
import type { VerifiedEct } from './domain/entry.js';
import { LedgerError } from './domain/errors.js';
import { Revocations } from './domain/revocation.js';
import { JwkSignatureVerifier } from './keys/jwk-signature-verifier.js';
import { parseTrust } from './keys/parse-trust.js';
import { TrustedKeys } from './keys/trusted-keys.js';

interface JwkSet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Whom to trust, in the form of the trust file, with the keys inside or at an address from which they are fetched. */
export interface StaticTrust {
  readonly issuers: readonly (
    | { readonly iss: string; readonly jwks: JwkSet }
    | { readonly iss: string; readonly jwks_uri: string }
    | { readonly trust_domain: string; readonly bundle: JwkSet }
    | { readonly trust_domain: string; readonly bundle_uri: string }
  )[];
  /** `at` is an RFC 3339 time. */
  readonly revocations?: readonly (
    | { readonly jkt: string; readonly at: string; readonly reason: string }
    | { readonly iss: string; readonly kid: string; readonly at: string; readonly reason: string }
  )[];
}

export interface VerifyOptions extends Partial<Omit<VerificationRules, 'ledgerId'>> {
  readonly keys: KeyResolver | StaticTrust;
  /** Your own identity, which must be in `aud`; without it `aud` is not looked at. */
  readonly audience?: string;
  /** Milliseconds since the epoch; the system's clock unless given. */
  readonly now?: number;
  /** The Workload Identity Token that came with the ECT; its trust domain must be among `keys`. */
  readonly wit?: string;
  /** Refuses a `jti` that it has seen before. */
  readonly replay?: ReplayCache;
}

/** The ledger's defaults (ECT §7). */
const DEFAULT_RULES: VerificationRules = {
  maxBytes: 16_384,
  algorithms: ['ES256'],
  maxParents: 100,
  maxAgeSeconds: 900,
  clockSkewSeconds: 30,
  maxDelaySeconds: 0,
};

const signatureVerifier = new JwkSignatureVerifier();

/** Static trust is parsed once per object. */
const resolvers = new WeakMap<StaticTrust, Promise<KeyResolver>>();

/**
 * Verifies one ECT as the ledger does before it looks at the DAG (ECT §7 steps 1–11).
 *
 * @throws LedgerError with the code of the first check that failed; `duplicate-jti` when `replay` has seen it
 * @throws TrustError when `keys` is static trust that is broken
 */
export async function verifyEct(compact: string, options: VerifyOptions): Promise<VerifiedEct> {
  const { replay } = options;
  const rules = rulesOf(options);
  const verifier = await verifierOf(options);
  const ect = verifier.check(await verifier.authenticate(compact, options.wit));
  if (replay && (await replay.seen(ect.claims.jti, acceptableUntilMs(ect, rules)))) {
    throw new LedgerError('duplicate-jti', `the task ${ect.claims.jti} was seen before`);
  }
  return ect;
}

/** The verifier that `verifyEct` uses. @throws TrustError when `keys` is static trust that is broken */
export async function verifierOf(options: VerifyOptions): Promise<EctVerifier> {
  const keys = await resolverOf(options.keys);
  const revocations =
    keys instanceof TrustedKeys ? { current: new Revocations(keys.revocations) } : undefined;
  return new EctVerifier(keys, signatureVerifier, clockOf(options), rulesOf(options), revocations);
}

export function clockOf({ now }: Pick<VerifyOptions, 'now'>): Clock {
  return now === undefined ? new SystemClock() : { nowMs: () => now };
}

function rulesOf({
  keys: _keys,
  audience,
  now: _now,
  replay: _replay,
  wit: _wit,
  ...given
}: VerifyOptions): VerificationRules {
  return { ...DEFAULT_RULES, ...given, ledgerId: audience };
}

function resolverOf(keys: KeyResolver | StaticTrust): Promise<KeyResolver> {
  if (keys instanceof KeyResolver) return Promise.resolve(keys);
  const known = resolvers.get(keys) ?? parseTrust(keys, 'keys');
  resolvers.set(keys, known);
  return known;
}

/** From when on freshness refuses the token anyway, so that nobody needs to remember it. */
function acceptableUntilMs(
  { claims }: VerifiedEct,
  { maxAgeSeconds, maxDelaySeconds }: VerificationRules,
): number {
  return (Math.min(claims.exp, claims.iat + maxAgeSeconds + 1) + maxDelaySeconds) * 1000;
}
