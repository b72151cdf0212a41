import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, checkHeader } from '../../../src/domain/ect/header.js';
import { PROFILES } from '../../../src/domain/ect/profile.js';
import { codeOf } from '../../support/problem.js';

const HEADER = { typ: 'wimse-exec+jwt', alg: 'ES256', kid: 'k' };
const check = (header: Record<string, unknown>, algorithms: readonly string[] = ['ES256']) =>
  checkHeader(header, algorithms);

describe('checkHeader', () => {
  it.each([
    ['wimse-exec+jwt', PROFILES['wimse-exec']],
    ['WIMSE-Exec+JWT', PROFILES['wimse-exec']],
    ['application/wimse-exec+jwt', PROFILES['wimse-exec']],
    ['exec+jwt', PROFILES.exec],
  ])('finds the profile of typ %s', (typ, profile) => {
    expect(check({ ...HEADER, typ })).toEqual({ profile, alg: 'ES256', kid: 'k' });
  });

  it.each([
    undefined,
    null,
    1,
    '',
    'JWT',
    'wimse-exec',
    'text/exec+jwt',
    ['exec+jwt'],
    'application/application/exec+jwt',
  ])('refuses typ %j', async (typ) => {
    expect(await codeOf(() => check({ ...HEADER, typ }))).toBe('wrong-type');
  });

  it.each(SIGNATURE_ALGORITHMS)('accepts %s once it is allowed, and only then', async (alg) => {
    expect(check({ ...HEADER, alg }, [alg]).alg).toBe(alg);
    expect(await codeOf(() => check({ ...HEADER, alg }, []))).toBe('algorithm-not-allowed');
  });

  it.each(['none', 'HS256', 'RS256', 'es256', '', undefined, null, 256, ['ES256']])(
    'refuses alg %j even if an operator lists it',
    async (alg) => {
      expect(await codeOf(() => check({ ...HEADER, alg }, ['ES256', String(alg)]))).toBe(
        'algorithm-not-allowed',
      );
    },
  );

  it.each([undefined, null, '', 7, ['k'], {}])('refuses kid %j', async (kid) => {
    expect(await codeOf(() => check({ ...HEADER, kid }))).toBe('invalid-header');
  });

  it.each([[['exp']], [[]], [null], ['b64']])('refuses crit %j', async (crit) => {
    expect(await codeOf(() => check({ ...HEADER, crit }))).toBe('invalid-header');
  });

  it('judges typ before alg before kid', async () => {
    expect(await codeOf(() => check({}))).toBe('wrong-type');
    expect(await codeOf(() => check({ typ: HEADER.typ, crit: [] }))).toBe('algorithm-not-allowed');
  });

  it('ignores keys inside the header', () => {
    expect(check({ ...HEADER, jwk: { kty: 'EC' }, jku: 'https://evil.example', x5c: [] }).kid).toBe('k');
  });
});
