import type { JsonObject } from '../entry.js';
import type { EctClaims } from './claims.js';
import type { Profile } from './profile.js';

/**
 * The normalised claims of a payload that `checkClaims` accepted when it was recorded. Rules may have become stricter since; what is
 * recorded stays readable.
 */
export function readClaims(payload: JsonObject, profile: Profile): EctClaims {
  const extension = payload[profile.extension] as JsonObject | undefined;
  const policy = profile.policyIn === 'payload' ? payload : (extension ?? {});
  const aud = payload['aud'] as string | readonly string[];
  return {
    iss: payload['iss'] as string,
    aud: typeof aud === 'string' ? [aud] : aud,
    iat: payload['iat'] as number,
    exp: payload['exp'] as number,
    jti: (payload['jti'] as string).toLowerCase(),
    execAct: payload['exec_act'] as string,
    parents: (payload[profile.parents] as readonly string[]).map((parent) => parent.toLowerCase()),
    ...present('wid', (payload['wid'] as string | undefined)?.toLowerCase()),
    ...present('pol', policy['pol'] as string | undefined),
    ...present('polDecision', policy['pol_decision'] as EctClaims['polDecision']),
    ...present('polEnforcer', policy['pol_enforcer'] as string | undefined),
    ...present('inpHash', payload['inp_hash'] as string | undefined),
    ...present('outHash', payload['out_hash'] as string | undefined),
    ...present('extension', extension),
  };
}

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
