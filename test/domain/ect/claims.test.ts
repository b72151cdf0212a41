import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkClaims, taskIdOf } from '../../../src/domain/ect/claims.js';
import { PROFILES, type ProfileName } from '../../../src/domain/ect/profile.js';
import { LedgerError } from '../../../src/domain/errors.js';
import { A, B, NIL, PAYLOADS, SHA256, check, pointersOf } from '../../support/check-claims.js';
import { faultsOf, problemOf } from '../../support/problem.js';
import { ISSUER } from '../../support/raw-token.js';

/** As a decoded token has it: absent, not undefined. */
function without(name: string, profile: ProfileName = 'wimse-exec') {
  const { [name]: _, ...rest } = PAYLOADS[profile];
  return rest;
}

describe('checkClaims', () => {
  it.each(['wimse-exec', 'exec'] as const)('normalises minimal claims of profile %s', (profile) => {
    expect(check({}, profile)).toEqual({
      iss: ISSUER,
      aud: ['urn:ledger'],
      iat: 100,
      exp: 101,
      jti: A.toLowerCase(),
      execAct: 'act',
      parents: [],
    });
  });

  it('gives all claims of both profiles the same names', () => {
    const shared = { wid: B, inp_hash: SHA256, out_hash: SHA256 };
    const policy = { pol: 'p', pol_decision: 'rejected', pol_enforcer: 'urn:pdp' };
    const old = check({ ...shared, ...policy, par: [A], ext: { k: 1 } });
    const young = check({ ...shared, pred: [A], ect_ext: { ...policy, k: 1 } }, 'exec');
    expect(old).toMatchObject({
      wid: B,
      parents: [A.toLowerCase()],
      pol: 'p',
      polDecision: 'rejected',
      extension: { k: 1 },
    });
    expect(young).toEqual({ ...old, extension: { ...policy, k: 1 } });
  });

  it.each(['iss', 'aud', 'iat', 'exp', 'jti', 'exec_act', 'par'])('requires %s', async (name) => {
    const faults = await faultsOf(() =>
      checkClaims(without(name), PROFILES['wimse-exec'], { maxParents: 100 }),
    );
    expect(faults).toEqual([{ pointer: `/${name}`, message: 'is required' }]);
  });

  it('requires the parents claim of the profile, not that of the other', async () => {
    const payload = { ...without('pred', 'exec'), par: [] };
    const faults = await faultsOf(() => checkClaims(payload, PROFILES.exec, { maxParents: 100 }));
    expect(faults).toEqual([{ pointer: '/pred', message: 'is required' }]);
  });

  it('points at the audience that is wrong', async () => {
    expect(await pointersOf({ aud: ['urn:a', '', 7] })).toEqual(['/aud/1', '/aud/2']);
  });

  it('points at the parents that are wrong, and at repetitions whatever their case', async () => {
    expect(await pointersOf({ par: [A, 'x', B, A.toLowerCase(), 7] })).toEqual([
      '/par/1',
      '/par/4',
      '/par/3',
    ]);
  });

  it('accepts the maximum of parents and answers more with one fault', async () => {
    expect(check({ par: [A, B] }, 'wimse-exec', 2).parents).toHaveLength(2);
    expect(await pointersOf({ par: ['x', 'x', 'x'] }, 'wimse-exec', 2)).toEqual(['/par']);
  });

  it.each([
    [{ pol: 'p' }, '/pol_decision'],
    [{ pol_decision: 'approved' }, '/pol'],
    [{ pol: 'p', pol_decision: 'maybe' }, '/pol_decision'],
    [{ pol: null, pol_decision: 'approved' }, '/pol'],
  ])('wants policy and decision together: %j', async (members, pointer) => {
    expect(await pointersOf(members)).toEqual([pointer]);
    expect(await pointersOf({ ect_ext: members }, 'exec')).toEqual([`/ect_ext${pointer}`]);
  });

  it('looks for policy claims only where the profile has them', () => {
    expect(check({ ext: { pol: 'p', pol_decision: 'rejected' } }).polDecision).toBeUndefined();
    expect(check({ pol: 'p', pol_decision: 'rejected' }, 'exec').polDecision).toBeUndefined();
  });

  it('reports the faults of all claims at once', async () => {
    const members = {
      iss: 'x',
      aud: [],
      iat: 5,
      exp: 5,
      jti: 'x',
      wid: 'x',
      exec_act: '',
      par: ['x', A, A],
      pol: 'p',
      ext: [],
    };
    const expected = [
      '/iss',
      '/aud',
      '/jti',
      '/wid',
      '/exec_act',
      '/par/0',
      '/ext',
      '/exp',
      '/pol_decision',
      '/par/2',
    ];
    expect(await pointersOf(members)).toEqual(expected);
  });

  it('bounds its answer and counts what it leaves out', async () => {
    const faults = await faultsOf(() => check({ aud: Array.from({ length: 5000 }, () => 1) }));
    expect(faults).toHaveLength(201);
    expect(faults.at(-1)).toEqual({ pointer: '', message: 'and 4800 more faults' });
  });

  it('is not confused by members with names of Object.prototype', async () => {
    const payload = JSON.parse(
      '{"__proto__":{"iss":"urn:a"},"constructor":1,"toString":2,"ext":{"__proto__":{"x":1}}}',
    );
    const problem = await problemOf(() => checkClaims(payload, PROFILES['wimse-exec'], { maxParents: 100 }));
    expect(problem.extras.errors?.map(({ pointer }) => pointer)).toEqual([
      '/iss',
      '/aud',
      '/iat',
      '/exp',
      '/jti',
      '/exec_act',
      '/par',
    ]);
  });

  it('throws nothing but invalid-claims for arbitrary payloads, and accepts only what it has normalised', () => {
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(A, B, NIL, 'urn:a', 100, 101, [A], SHA256, 'approved'),
    );
    const names = [
      'iss',
      'aud',
      'iat',
      'exp',
      'jti',
      'wid',
      'exec_act',
      'par',
      'pred',
      'pol',
      'pol_decision',
      'pol_enforcer',
      'inp_hash',
      'out_hash',
      'ext',
      'ect_ext',
    ];
    const members = fc.dictionary(fc.constantFrom(...names), hostile, { maxKeys: 4 });
    fc.assert(
      fc.property(members, fc.constantFrom('wimse-exec' as const, 'exec' as const), (payload, profile) => {
        try {
          const claims = check(payload, profile);
          expect(claims.exp).toBeGreaterThan(claims.iat);
          expect(new Set(claims.parents).size).toBe(claims.parents.length);
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerError);
          expect((error as LedgerError).code).toBe('invalid-claims');
          expect((error as LedgerError).extras.errors?.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('taskIdOf', () => {
  it('names the task in lower case, whatever the other claims are', () => {
    expect(taskIdOf({ jti: A, wid: B.toUpperCase(), iss: 7 })).toEqual({ jti: A.toLowerCase(), wid: B });
    expect(taskIdOf({ jti: A })).toEqual({ jti: A.toLowerCase() });
  });

  it.each([[{}], [{ jti: 'x' }], [{ jti: A, wid: 'x' }], [{ jti: A, wid: null }], [{ wid: A }]])(
    'is undefined for %j',
    (payload) => {
      expect(taskIdOf(payload)).toBeUndefined();
    },
  );
});
