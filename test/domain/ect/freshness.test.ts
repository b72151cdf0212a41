import { describe, expect, it } from '@jest/globals';
import { checkAudience, checkFreshness } from '../../../src/domain/ect/freshness.js';
import type { EctClaims } from '../../../src/domain/ect/claims.js';
import { codeOf } from '../../support/problem.js';

const NOW = 1_772_064_200;
const CLAIMS: EctClaims = {
  iss: 'spiffe://example.com/agent/a',
  aud: ['urn:b', 'urn:ledger'],
  iat: NOW,
  exp: NOW + 600,
  jti: '00000000-0000-0000-0000-000000000000',
  execAct: 'act',
  parents: [],
};
const RULES = { maxAgeSeconds: 900, clockSkewSeconds: 30, maxDelaySeconds: 0 };
const LATE = { ...RULES, maxDelaySeconds: 3600 };

const check = (times: { iat?: number; exp?: number }, rules = RULES) =>
  checkFreshness({ ...CLAIMS, ...times }, NOW, rules);

describe('checkAudience', () => {
  it('finds the ledger among several audiences', () => {
    expect(() => checkAudience(CLAIMS, 'urn:ledger')).not.toThrow();
  });

  it('refuses a token for somebody else, comparing exactly', async () => {
    expect(await codeOf(() => checkAudience(CLAIMS, 'urn:Ledger'))).toBe('wrong-audience');
  });

  it('looks at nothing when the ledger has no id', () => {
    expect(() => checkAudience(CLAIMS, undefined)).not.toThrow();
  });
});

describe('checkFreshness', () => {
  it.each([
    ['exp is one second ahead', { exp: NOW + 1 }, RULES],
    ['iat is exactly the skew ahead', { iat: NOW + 30 }, RULES],
    ['iat is exactly the maximum age ago', { iat: NOW - 900 }, RULES],
    ['exp is past by less than the delay', { iat: NOW - 900, exp: NOW - 3599 }, LATE],
    ['iat is past by exactly age and delay', { iat: NOW - 4500, exp: NOW }, LATE],
  ])('accepts a token whose %s', (_, times, rules) => {
    expect(() => check(times, rules)).not.toThrow();
  });

  it.each([
    ['exp is now', { exp: NOW }, RULES, 'expired'],
    ['exp is past by exactly the delay', { exp: NOW - 3600 }, LATE, 'expired'],
    ['iat is a second more than the skew ahead', { iat: NOW + 31 }, RULES, 'not-yet-valid'],
    ['iat is more than the skew ahead, even with a delay', { iat: NOW + 31 }, LATE, 'not-yet-valid'],
    ['iat is a second more than the maximum age ago', { iat: NOW - 901 }, RULES, 'too-old'],
    ['iat is a second more than age and delay ago', { iat: NOW - 4501, exp: NOW }, LATE, 'too-old'],
    ['exp and iat are both past', { iat: NOW - 2000, exp: NOW - 1000 }, RULES, 'expired'],
  ])('refuses a token whose %s', async (_, times, rules, code) => {
    expect(await codeOf(() => check(times, rules))).toBe(code);
  });
});
