import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyResolver, type VerificationKey } from '../../src/application/ports/key-resolver.js';
import { EctVerifier, type VerificationRules } from '../../src/application/verify-ect.js';
import { LedgerError, PROBLEM_CODES } from '../../src/domain/errors.js';
import { JwkSignatureVerifier } from '../../src/keys/jwk-signature-verifier.js';
import { parseTrust } from '../../src/keys/parse-trust.js';
import { codeOf } from '../support/problem.js';
import {
  ISSUER,
  KID,
  NOW_SECONDS,
  base64url,
  generateP256,
  signParts,
  signRaw,
  validHeader,
  validPayload,
} from '../support/raw-token.js';

const RULES: VerificationRules = {
  maxBytes: 16_384,
  algorithms: ['ES256'],
  ledgerId: 'spiffe://example.com/system/ledger',
  maxParents: 100,
  maxAgeSeconds: 900,
  clockSkewSeconds: 30,
  maxDelaySeconds: 0,
};
const SOME_UUID = '00000000-0000-0000-0000-000000000000';
const { privateKey, jwk } = generateP256();
const TRUST = { issuers: [{ iss: ISSUER, jwks: { keys: [jwk] } }] };
const keys = await parseTrust(TRUST, 'trust');

function verifierOf(
  keyResolver: KeyResolver = keys,
  rules: Partial<VerificationRules> = {},
  nowMs = NOW_SECONDS * 1000,
) {
  return new EctVerifier(
    keyResolver,
    new JwkSignatureVerifier(),
    { nowMs: () => nowMs },
    { ...RULES, ...rules },
  );
}

async function verify(compact: string, verifier = verifierOf()) {
  return verifier.check(await verifier.authenticate(compact));
}

const signed = (claims: object = {}, header: object = {}) =>
  signRaw({ header: { ...validHeader(), ...header }, payload: { ...validPayload(), ...claims }, privateKey });

/** Says it is the key of another issuer, as a resolver of workload identity tokens might. */
class StrangeResolver extends KeyResolver {
  constructor(private readonly answer: Partial<VerificationKey> | LedgerError) {
    super();
  }

  override async resolve(iss: string, kid: string): Promise<VerificationKey | undefined> {
    if (this.answer instanceof LedgerError) throw this.answer;
    const key = await keys.resolve(iss, kid);
    return key && { ...key, ...this.answer };
  }
}

describe('EctVerifier', () => {
  it('returns what it verified', async () => {
    const jti = 'AAAAAAAA-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
    const payload: Record<string, unknown> = { ...validPayload(), jti, note: 1 };
    const ect = signRaw({ payload, privateKey });
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(ect))).toString('base64url');
    expect(await verify(ect)).toEqual({
      ect,
      digest,
      profile: 'wimse-exec',
      alg: 'ES256',
      kid: KID,
      jkt: (await keys.resolve(ISSUER, KID))?.jkt,
      jwk,
      source: 'trust-file',
      claims: {
        iss: ISSUER,
        aud: payload['aud'],
        iat: payload['iat'],
        exp: payload['exp'],
        jti: jti.toLowerCase(),
        execAct: 'review_spec',
        parents: [],
      },
      payload,
    });
  });

  it('authenticates a token whose claims are wrong and leaves them to check', async () => {
    const verifier = verifierOf();
    const authenticated = await verifier.authenticate(signed({ jti: 'x' }));
    expect(await codeOf(() => verifier.check(authenticated))).toBe('invalid-claims');
  });

  const stranger = generateP256();
  const [head, body] = signed().split('.');
  const hmac = signed({}, { alg: 'HS256' });
  it.each([
    ['token-too-large', signed({ note: 'x'.repeat(16_384) })],
    ['malformed-token', 'hello'],
    ['wrong-type', signed({}, { typ: 'JWT' })],
    ['algorithm-not-allowed', hmac],
    ['algorithm-not-allowed', signed({}, { alg: 'none' })],
    ['invalid-header', signed({}, { kid: '' })],
    ['unknown-key', signed({ iss: 'spiffe://evil.example/agent' })],
    ['unknown-key', signed({}, { kid: 'other' })],
    ['unknown-key', signed({ iss: undefined })],
    ['unknown-key', signed({ iss: [ISSUER] })],
    ['unknown-key', signed({}, { kid: 'other', jwk })],
    ['invalid-signature', `${head}.${body}.`],
    ['invalid-signature', `${head}.${body}.c2ln`],
    ['invalid-signature', `${head}.${body}.${base64url(new Uint8Array(64))}`],
    ['invalid-signature', signRaw({ privateKey: stranger.privateKey })],
    [
      'invalid-signature',
      signRaw({ header: { ...validHeader(), jwk: stranger.jwk }, privateKey: stranger.privateKey }),
    ],
    ['invalid-claims', signed({ par: 'x' })],
    ['wrong-audience', signed({ aud: 'urn:somebody' })],
    ['expired', signed({ iat: NOW_SECONDS - 10, exp: NOW_SECONDS })],
    ['not-yet-valid', signed({ iat: NOW_SECONDS + 31 })],
    ['too-old', signed({ iat: NOW_SECONDS - 901 })],
  ])('refuses with %s', async (code, compact) => {
    expect(await codeOf(() => verify(compact))).toBe(code);
  });

  it('names the first check that fails, in the order of ECT §7', async () => {
    const wrong = { iss: 'urn:x', aud: 'urn:x', jti: 'x', iat: NOW_SECONDS - 1000, exp: NOW_SECONDS - 900 };
    expect(await codeOf(() => verify(signed(wrong)))).toBe('unknown-key');
    expect(await codeOf(() => verify(signed({ ...wrong, iss: ISSUER })))).toBe('invalid-claims');
    expect(await codeOf(() => verify(signed({ ...wrong, iss: ISSUER, jti: SOME_UUID })))).toBe(
      'wrong-audience',
    );
  });

  it('refuses a header or payload changed after signing', async () => {
    const [header, payload, signature] = signed().split('.');
    const other = signed().split('.')[1];
    const spaced = base64url(` ${Buffer.from(header ?? '', 'base64url').toString()}`);
    expect(await codeOf(() => verify(`${header}.${other}.${signature}`))).toBe('invalid-signature');
    expect(await codeOf(() => verify(`${spaced}.${payload}.${signature}`))).toBe('invalid-signature');
  });

  it('refuses a key that does not fit the algorithm before it looks at the signature', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const p384 = { ...publicKey.export({ format: 'jwk' }), kty: 'EC' };
    expect(await codeOf(() => verify(signed(), verifierOf(new StrangeResolver({ jwk: p384 }))))).toBe(
      'unknown-key',
    );
  });

  it('refuses a key of another issuer with issuer-mismatch', async () => {
    const resolver = new StrangeResolver({ iss: 'spiffe://example.com/agent/b' });
    expect(await codeOf(() => verify(signed(), verifierOf(resolver)))).toBe('issuer-mismatch');
  });

  it('passes on that a key was revoked', async () => {
    const resolver = new StrangeResolver(new LedgerError('revoked-key', 'withdrawn'));
    expect(await codeOf(() => verify(signed(), verifierOf(resolver)))).toBe('revoked-key');
  });

  it('judges freshness in whole seconds', async () => {
    const compact = signed({ iat: NOW_SECONDS - 900 });
    await expect(verify(compact, verifierOf(keys, {}, NOW_SECONDS * 1000 + 999))).resolves.toBeDefined();
    expect(await codeOf(() => verify(compact, verifierOf(keys, {}, NOW_SECONDS * 1000 + 1000)))).toBe(
      'too-old',
    );
  });

  it('accepts nothing that differs from a signed token in one character', async () => {
    const compact = signed();
    const anyChar = fc.constantFrom(
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \u0000\u00e9',
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(compact.length - 1), anyChar, async (at, character) => {
        fc.pre(compact[at] !== character);
        const code = await codeOf(() => verify(compact.slice(0, at) + character + compact.slice(at + 1)));
        expect(PROBLEM_CODES.indexOf(code as never)).toBeLessThan(PROBLEM_CODES.indexOf('invalid-claims'));
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but a LedgerError for arbitrary text', async () => {
    const json = fc.oneof(
      fc.json(),
      fc
        .dictionary(fc.constantFrom('typ', 'alg', 'kid', 'iss', 'crit'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(json, json, fc.string()).map((parts) => parts.map(base64url).join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (compact) => {
        expect(PROBLEM_CODES).toContain(await codeOf(() => verify(compact)));
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but a LedgerError for signed payloads of any content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (claims) => {
        const payload = base64url(JSON.stringify({ ...claims, iss: ISSUER }));
        const compact = signParts(base64url(JSON.stringify(validHeader())), payload, privateKey);
        expect(['invalid-claims', 'token-too-large']).toContain(await codeOf(() => verify(compact)));
      }),
    );
  });
});
