import { checkClaims, type EctClaims } from '../../src/domain/ect/claims.js';
import { PROFILES, type ProfileName } from '../../src/domain/ect/profile.js';
import { faultsOf } from './problem.js';
import { ISSUER } from './raw-token.js';

/** A UUID in mixed case. */
export const A = 'aaaaaaaa-AAAA-4aaa-8aaa-aaaaaaaaaaaa';
export const B = 'bbbbbbbb-bbbb-1bbb-9bbb-bbbbbbbbbbbb';
export const NIL = '00000000-0000-0000-0000-000000000000';
export const SHA256 = Buffer.alloc(32, 7).toString('base64url');

const MINIMAL = { iss: ISSUER, aud: 'urn:ledger', iat: 100, exp: 101, jti: A, exec_act: 'act' };

/** The smallest payloads that are right. */
export const PAYLOADS: Readonly<Record<ProfileName, Readonly<Record<string, unknown>>>> = {
  'wimse-exec': { ...MINIMAL, par: [] },
  exec: { ...MINIMAL, pred: [] },
};

/** Checks the smallest payload with some members exchanged. */
export function check(members: object, profile: ProfileName = 'wimse-exec', maxParents = 100): EctClaims {
  return checkClaims({ ...PAYLOADS[profile], ...members }, PROFILES[profile], { maxParents });
}

/** Where `check` finds faults. */
export async function pointersOf(
  members: object,
  profile?: ProfileName,
  maxParents?: number,
): Promise<readonly string[]> {
  return (await faultsOf(() => check(members, profile, maxParents))).map(({ pointer }) => pointer);
}
