import type { EctClaims } from './ect/claims.js';
import { readClaims } from './ect/read-claims.js';
import { PROFILES, type ProfileName } from './ect/profile.js';

/** A JSON object as it came out of a token: member names and values are the issuer's words. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Why a key is trusted: it stands in the trust file or a file beside it, in a set that is fetched, or in a Workload Identity Token. */
export type KeySource = 'trust-file' | 'jwks_uri' | 'wit';

/** A public key in JWK form (RFC 7517), never with private members. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kty: string };

/**
 * An ECT whose signature, claims and freshness were checked (ECT §7, steps 1–11). Only `verifyEct` makes one, so whoever holds
 * it may believe what is in it.
 */
export interface VerifiedEct {
  /** The compact JWS, byte for byte as received. */
  readonly ect: string;
  /** SHA-256 of the compact JWS, base64url without padding (43 characters). */
  readonly digest: string;
  readonly profile: ProfileName;
  readonly alg: string;
  readonly kid: string;
  /** RFC 7638 SHA-256 thumbprint of the verifying key, base64url. */
  readonly jkt: string;
  readonly jwk: PublicJwk;
  /** Why the key was trusted, if the resolver says. */
  readonly source?: KeySource | undefined;
  /** Normalised claims: UUIDs in lower case, `aud` an array, one set of names for both profiles. */
  readonly claims: EctClaims;
  /** The payload as signed. */
  readonly payload: JsonObject;
}

/** Which task a token names: `jti` within `wid`, both lower case; without `wid` the `jti` stands for itself. */
export interface TaskId {
  readonly jti: string;
  readonly wid?: string | undefined;
}

/** What the ledger keeps of one ECT: its token, where it stands in the log, when it was recorded and which key verified it. */
export interface Entry {
  /** 0-based position in the log, over all leaves; safe integer. */
  readonly index: number;
  /** Milliseconds since the epoch; never decreases with the index. */
  readonly recordedAtMs: number;
  readonly ect: string;
  readonly profile: ProfileName;
  readonly alg: string;
  readonly kid: string;
  readonly jkt: string;
  readonly claims: EctClaims;
  readonly payload: JsonObject;
  /** Since when its key is revoked, in milliseconds since the epoch; absent while it is not. */
  readonly keyRevokedAtMs?: number | undefined;
}

/** A task as the DAG queries show it. */
export interface DagNode {
  readonly jti: string;
  readonly wid?: string | undefined;
  readonly index: number;
  readonly iss: string;
  readonly execAct: string;
  readonly iat: number;
  readonly recordedAtMs: number;
  readonly polDecision?: string | undefined;
  /** `jti`s of the direct parents, in the order of the token. */
  readonly parents: readonly string[];
  readonly kid: string;
  readonly jkt: string;
  /** Since when its key is revoked, as with an entry. */
  readonly keyRevokedAtMs?: number | undefined;
}

/** What a store keeps beside the token itself. */
export type StoredEntry = Pick<Entry, 'index' | 'recordedAtMs' | 'ect' | 'profile' | 'alg' | 'kid' | 'jkt'>;

/** The entry behind a stored token. The token was verified when it was recorded, so its claims are read, not judged again. */
export function restoreEntry(stored: StoredEntry): Entry {
  const [, encoded = ''] = stored.ect.split('.');
  const payload = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')) as JsonObject;
  return { ...stored, payload, claims: readClaims(payload, PROFILES[stored.profile]) };
}

/** The task of an entry as the DAG queries show it. */
export function nodeOf({ index, recordedAtMs, kid, jkt, claims }: Entry): DagNode {
  const { jti, wid, iss, execAct, iat, polDecision, parents } = claims;
  return { jti, wid, index, iss, execAct, iat, recordedAtMs, polDecision, parents, kid, jkt };
}
