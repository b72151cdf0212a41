import type { JsonObject } from '../entry.js';
import { isJsonObject } from '../strict-json.js';
import type { EctClaims } from './claims.js';
import type { Profile } from './profile.js';

/** Where a claim stands in the payload: the member names from the outside in. */
export type ClaimPath = readonly [string] | readonly [string, string];

/** Where each claim stands in a payload of this profile: the one bridge between our names and the drafts'. */
export function claimPaths(profile: Profile): Readonly<Record<keyof EctClaims, ClaimPath>> {
  const policy = (name: string): ClaimPath =>
    profile.policyIn === 'payload' ? [name] : [profile.extension, name];
  return {
    iss: ['iss'],
    aud: ['aud'],
    iat: ['iat'],
    exp: ['exp'],
    jti: ['jti'],
    wid: ['wid'],
    execAct: ['exec_act'],
    parents: [profile.parents],
    pol: policy('pol'),
    polDecision: policy('pol_decision'),
    polEnforcer: policy('pol_enforcer'),
    inpHash: ['inp_hash'],
    outHash: ['out_hash'],
    extension: [profile.extension],
  };
}

/** What a payload says at `path`; `undefined` when nothing is there. Inherited members do not count. */
export function readClaim(payload: JsonObject, path: ClaimPath): unknown {
  let value: unknown = payload;
  for (const name of path)
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}
