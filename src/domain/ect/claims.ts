import { z } from 'zod';
import type { JsonObject, TaskId } from '../entry.js';
import { type Fault, LedgerError } from '../errors.js';
import { type ClaimPath, claimPaths, readClaim } from './claim-paths.js';
import { action, extension, issuer, plainHash, prefixedHash, timestamp, uri, uuid } from './claim-schemas.js';
import type { Profile, ProfileName } from './profile.js';

const claimsSchema = z.object({
  iss: issuer,
  aud: z.array(z.string().min(1)).min(1).readonly(),
  iat: timestamp,
  exp: timestamp,
  jti: uuid,
  wid: uuid.exactOptional(),
  execAct: action,
  parents: z.array(uuid).readonly(),
  pol: z.string().exactOptional(),
  polDecision: z.enum(['approved', 'rejected', 'pending_human_review']).exactOptional(),
  polEnforcer: uri.exactOptional(),
  inpHash: prefixedHash.exactOptional(),
  outHash: prefixedHash.exactOptional(),
  extension: extension.exactOptional(),
});

const SCHEMAS: Readonly<Record<ProfileName, typeof claimsSchema>> = {
  'wimse-exec': claimsSchema,
  exec: claimsSchema.extend({ inpHash: plainHash.exactOptional(), outHash: plainHash.exactOptional() }),
};

/** The claims of an ECT under one set of names: UUIDs in lower case, `aud` an array, times in seconds since the epoch. */
export type EctClaims = Readonly<z.infer<typeof claimsSchema>>;

export type PolicyDecision = NonNullable<EctClaims['polDecision']>;

/** How many faults one reply lists; ours, so that a small token can't cause a huge answer. What is left out is counted. */
const MAX_FAULTS = 200;

/**
 * ECT §7 check 9: the claims of §4, all faults at once.
 *
 * @param payload as decoded; other members than the profile's are ignored
 * @throws LedgerError `invalid-claims`, with a JSON pointer into the payload per fault
 */
export function checkClaims(
  payload: JsonObject,
  profile: Profile,
  options: { maxParents: number },
): EctClaims {
  const paths = claimPaths(profile);
  const raw = readClaims(payload, paths);
  const parsed = SCHEMAS[profile.name].safeParse(normalised(raw, options.maxParents));
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => faultOf(issue, paths, raw)),
    ...jointFaults(raw, options.maxParents).map(({ claim, index, message }) => ({
      pointer: pointerTo([...paths[claim], ...(index === undefined ? [] : [index])]),
      message,
    })),
  ];
  if (!parsed.success || faults.length > 0) throw invalidClaims(faults);
  return parsed.data;
}

/** The task that a payload names, before its other claims are looked at; `undefined` when `jti` or `wid` is not a UUID. */
export function taskIdOf(payload: JsonObject): TaskId | undefined {
  return taskIdSchema.safeParse(payload).data;
}

const taskIdSchema = z.object({ jti: uuid, wid: uuid.exactOptional() });

type ClaimName = keyof EctClaims;
const CLAIM_NAMES = claimsSchema.keyof().options;
type RawClaims = Readonly<Partial<Record<ClaimName, unknown>>>;

function readClaims(payload: JsonObject, paths: Readonly<Record<ClaimName, ClaimPath>>): RawClaims {
  const claims: Partial<Record<ClaimName, unknown>> = {};
  for (const name of CLAIM_NAMES) {
    const value = readClaim(payload, paths[name]);
    if (value !== undefined) claims[name] = value;
  }
  return claims;
}

/** `aud` as an array (RFC 7519 §4.1.3); of too many parents only that they are too many is worth a fault. */
function normalised(raw: RawClaims, maxParents: number): RawClaims {
  const isTooMuch = hasTooMany(raw.parents, maxParents);
  if (typeof raw.aud !== 'string' && !isTooMuch) return raw;
  return {
    ...raw,
    ...(typeof raw.aud === 'string' && { aud: [raw.aud] }),
    ...(isTooMuch && { parents: [] }),
  };
}

function hasTooMany(parents: unknown, maxParents: number): boolean {
  return Array.isArray(parents) && parents.length > maxParents;
}

interface JointFault {
  readonly claim: ClaimName;
  readonly index?: number;
  readonly message: string;
}

/** The rules about more than one value, judged on the raw ones so that they are reported beside the faults of single values. */
function jointFaults(raw: RawClaims, maxParents: number): readonly JointFault[] {
  const faults: JointFault[] = [];
  if (isTimestamp(raw.iat) && isTimestamp(raw.exp) && raw.exp <= raw.iat) {
    faults.push({ claim: 'exp', message: 'must be later than "iat"' });
  }
  if ((raw.pol === undefined) !== (raw.polDecision === undefined)) {
    const missing = raw.pol === undefined ? 'pol' : 'polDecision';
    faults.push({ claim: missing, message: '"pol" and "pol_decision" must stand together' });
  }
  if (hasTooMany(raw.parents, maxParents)) {
    return [...faults, { claim: 'parents', message: `must not name more than ${maxParents} parents` }];
  }
  return [...faults, ...duplicateParents(raw.parents)];
}

function isTimestamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function duplicateParents(parents: unknown): readonly JointFault[] {
  if (!Array.isArray(parents)) return [];
  const names = parents.map((parent: unknown) =>
    typeof parent === 'string' ? parent.toLowerCase() : undefined,
  );
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    return earlier === undefined
      ? []
      : [{ claim: 'parents', index, message: `is the same as parent ${earlier}` }];
  });
}

function faultOf(
  issue: z.core.$ZodIssue,
  paths: Readonly<Record<ClaimName, ClaimPath>>,
  raw: RawClaims,
): Fault {
  const [name, ...rest] = issue.path;
  const claim = claimsSchema.keyof().parse(name);
  // A single `aud` was made an array by us; the sender's has no index.
  const within = claim === 'aud' && typeof raw.aud === 'string' ? [] : rest.map(String);
  const message = raw[claim] === undefined ? 'is required' : issue.message;
  return { pointer: pointerTo([...paths[claim], ...within]), message };
}

/** RFC 6901. Claim names need no escaping. */
function pointerTo(path: readonly (string | number)[]): string {
  return path.map((name) => `/${name}`).join('');
}

function invalidClaims(faults: readonly Fault[]): LedgerError {
  const left = faults.length - MAX_FAULTS;
  const shown = faults.slice(0, MAX_FAULTS);
  const errors = left > 0 ? [...shown, { pointer: '', message: `and ${left} more faults` }] : shown;
  const pointers = shown.slice(0, 5).map((fault) => fault.pointer);
  return new LedgerError('invalid-claims', `the claims are not well-formed: ${pointers.join(', ')}`, {
    errors,
  });
}
