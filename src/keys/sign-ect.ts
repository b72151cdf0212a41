import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import { claimPaths } from '../domain/ect/claim-paths.js';
import { type EctClaims, checkClaims } from '../domain/ect/claims.js';
import { PROFILES, type Profile, type ProfileName } from '../domain/ect/profile.js';
import type { JsonObject } from '../domain/entry.js';
import type { SigningKey } from './signing-key.js';

/** What a signer must say of a task; `parents` is a root's `[]`, `iat` now, `exp` `iat` plus the lifetime, `jti` new when not given. */
export type EctDraft = Omit<EctClaims, 'aud' | 'iat' | 'exp' | 'jti' | 'parents'> &
  Partial<Pick<EctClaims, 'iat' | 'exp' | 'jti' | 'parents'>> & { readonly aud: string | readonly string[] };

export interface SignOptions {
  /** The draft whose claim names are written; `wimse-exec` unless given. */
  readonly profile?: ProfileName;
  readonly lifetimeSeconds?: number;
  readonly nowSeconds?: number;
}

/** Ours: well below the 900 s after which a ledger calls a token too old. */
const DEFAULT_LIFETIME_SECONDS = 600;

/** ECT §4: the limit that a ledger has by default. */
const MAX_PARENTS = 100;

/**
 * Signs one finished task as an ECT, after the same check of its claims that a ledger makes (ECT §7 step 9).
 *
 * @returns the compact JWS
 * @throws LedgerError `invalid-claims` with all faults
 */
export async function signEct(draft: EctDraft, key: SigningKey, options: SignOptions = {}): Promise<string> {
  const profile = PROFILES[options.profile ?? 'wimse-exec'];
  const payload = toPayload(complete(draft, options), profile);
  checkClaims(payload, profile, { maxParents: MAX_PARENTS });
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: key.alg, typ: profile.typ, kid: key.kid })
    .sign(key.privateKey);
}

function complete(draft: EctDraft, options: SignOptions): EctDraft {
  const iat = draft.iat ?? options.nowSeconds ?? Math.floor(Date.now() / 1000);
  return {
    ...draft,
    iat,
    exp: draft.exp ?? iat + (options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS),
    jti: draft.jti ?? randomUUID(),
    parents: draft.parents ?? [],
  };
}

/** Puts each claim where the profile has it; policy claims that stand in the extension object join what is there. */
function toPayload(draft: EctDraft, profile: Profile): JsonObject {
  const claims: JsonObject = { ...draft };
  const payload: Record<string, unknown> = {};
  const extension: Record<string, unknown> = { ...draft.extension };
  for (const [name, [outer, inner]] of Object.entries(claimPaths(profile))) {
    const value = claims[name];
    if (value === undefined || name === 'extension') continue;
    if (inner === undefined) payload[outer] = value;
    else extension[inner] = value;
  }
  const hasExtension = draft.extension !== undefined || Object.keys(extension).length > 0;
  return hasExtension ? { ...payload, [profile.extension]: extension } : payload;
}
