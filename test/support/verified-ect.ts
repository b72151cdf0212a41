import { createHash, randomUUID } from 'node:crypto';
import { readClaims } from '../../src/domain/ect/read-claims.js';
import { PROFILES } from '../../src/domain/ect/profile.js';
import type { VerifiedEct } from '../../src/domain/entry.js';

export interface TaskSketch {
  readonly jti?: string;
  readonly wid?: string;
  readonly parents?: readonly string[];
  readonly iat?: number;
  readonly iss?: string;
  readonly execAct?: string;
  readonly kid?: string;
  readonly polDecision?: string;
  readonly ext?: Readonly<Record<string, unknown>>;
  /** Two sketches that differ only here make two tokens for one task. */
  readonly note?: string;
}

/** What verification hands to the store, without a signature: the store believes it. */
export function verifiedEct(sketch: TaskSketch = {}): VerifiedEct {
  const {
    jti = randomUUID(),
    wid,
    parents = [],
    iat = 1_772_064_200,
    iss = 'spiffe://example.com/agent/a',
  } = sketch;
  const kid = sketch.kid ?? 'agent-a-key';
  const payload = {
    iss,
    aud: ['spiffe://example.com/system/ledger'],
    iat,
    exp: iat + 600,
    jti,
    ...(wid !== undefined && { wid }),
    exec_act: sketch.execAct ?? 'review_spec',
    par: parents,
    ...(sketch.polDecision !== undefined && { pol: 'policy-1', pol_decision: sketch.polDecision }),
    ...(sketch.ext && { ext: sketch.ext }),
    ...(sketch.note !== undefined && { note: sketch.note }),
  };
  const ect = [{ alg: 'ES256', typ: 'wimse-exec+jwt', kid }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat('c2lnbmF0dXJl')
    .join('.');
  return {
    ect,
    digest: createHash('sha256').update(ect).digest('base64url'),
    profile: 'wimse-exec',
    alg: 'ES256',
    kid,
    jkt: createHash('sha256').update(kid).digest('base64url'),
    jwk: { kty: 'EC', kid },
    claims: readClaims(payload, PROFILES['wimse-exec']),
    payload,
  };
}
