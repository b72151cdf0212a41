import { describe, expect, test } from '@jest/globals';
import { ConfigError, loadConfig } from '../../src/config.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('without LEDGER_AUTH', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('%s may be listened on', (HOST) => {
    expect(problemsOf({ HOST })).toEqual([]);
  });

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'ledger.example.com',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ])('%s may not, and the way out is named', (HOST) => {
    expect(problemsOf({ HOST })).toEqual([expect.stringMatching(/HOST=.*LEDGER_AUTH=token .*127\.0\.0\.1/)]);
    expect(problemsOf({ HOST, LEDGER_AUTH: 'token' })).toEqual([]);
  });

  test('that is said together with everything else that is wrong', () => {
    expect(problemsOf({ HOST: '0.0.0.0', PORT: 'x', LEDGER_PUBLIC_ROUTES: '/ledger' })).toEqual([
      expect.stringMatching(/^PORT/),
      expect.stringMatching(/^LEDGER_PUBLIC_ROUTES/),
      expect.stringMatching(/^LEDGER_AUTH/),
    ]);
  });
});

describe('LEDGER_AUTH=jwt', () => {
  const right = {
    LEDGER_AUTH: 'jwt',
    LEDGER_JWT_ISSUER: 'https://id.example',
    LEDGER_JWT_AUDIENCE: 'ledger',
  };

  test('needs an issuer and an audience', () => {
    expect(problemsOf(right)).toEqual([]);
    expect(problemsOf({ LEDGER_AUTH: 'jwt' })).toEqual([
      expect.stringMatching(/^LEDGER_JWT_ISSUER/),
      expect.stringMatching(/^LEDGER_JWT_AUDIENCE/),
    ]);
  });

  test.each(['http://id.example', 'id.example', 'ftp://127.0.0.1', 'http://127.0.0.1.evil.example'])(
    'asks no provider at %s',
    (url) => {
      expect(problemsOf({ ...right, LEDGER_JWT_ISSUER: url })).toHaveLength(1);
      expect(problemsOf({ ...right, LEDGER_JWKS_URI: url })).toHaveLength(1);
    },
  );
});
