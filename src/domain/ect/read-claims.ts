import type { JsonObject } from '../entry.js';
import { claimPaths, readClaim } from './claim-paths.js';
import type { EctClaims } from './claims.js';
import type { Profile } from './profile.js';

/**
 * The normalised claims of a payload that `checkClaims` accepted when it was recorded. Rules may have become stricter since; what is
 * recorded stays readable, so nothing is judged again.
 */
export function readClaims(payload: JsonObject, profile: Profile): EctClaims {
  const found = Object.entries(claimPaths(profile)).map(
    ([name, path]) => [name, readClaim(payload, path)] as const,
  );
  const claims = Object.fromEntries(found.filter(([, value]) => value !== undefined)) as unknown as EctClaims;
  const aud = claims.aud as string | readonly string[];
  return {
    ...claims,
    aud: typeof aud === 'string' ? [aud] : aud,
    jti: claims.jti.toLowerCase(),
    parents: claims.parents.map((parent) => parent.toLowerCase()),
    ...(claims.wid !== undefined && { wid: claims.wid.toLowerCase() }),
  };
}
