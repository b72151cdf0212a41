import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  LedgerError,
  ReplayCache,
  type StaticTrust,
  decodeEct,
  generateSigningKey,
  parseSigningKey,
  signEct,
  verifyEct,
} from '../../src/index.js';
import { codeOf, faultsOf } from '../support/problem.js';
import { ISSUER, NOW_SECONDS } from '../support/raw-token.js';

const DRAFT = { iss: ISSUER, aud: 'urn:ledger', execAct: 'review_spec' };
const { privateJwk, publicJwk } = await generateSigningKey('a');
const key = await parseSigningKey(privateJwk);
const keys: StaticTrust = { issuers: [{ iss: ISSUER, jwks: { keys: [publicJwk] } }] };

describe('signEct', () => {
  it.each(['wimse-exec', 'exec'] as const)(
    'makes a token of profile %s that verifyEct accepts unchanged',
    async (profile) => {
      const draft = {
        ...DRAFT,
        aud: ['urn:a', 'urn:b'],
        iat: NOW_SECONDS,
        exp: NOW_SECONDS + 60,
        jti: '11111111-1111-4111-8111-111111111111',
        wid: '22222222-2222-4222-8222-222222222222',
        parents: ['33333333-3333-4333-8333-333333333333'],
        pol: 'p',
        polDecision: 'approved' as const,
        polEnforcer: 'urn:pdp',
        inpHash: Buffer.alloc(32).toString('base64url'),
        outHash: Buffer.alloc(32).toString('base64url'),
      };
      const compact = await signEct(draft, key, { profile });
      const { claims, ...ect } = await verifyEct(compact, {
        keys,
        audience: 'urn:b',
        now: NOW_SECONDS * 1000,
      });
      const { extension, ...rest } = claims;
      expect(rest).toEqual(draft);
      const policy = { pol: 'p', pol_decision: 'approved', pol_enforcer: 'urn:pdp' };
      expect(extension).toEqual(profile === 'exec' ? policy : undefined);
      expect(ect).toMatchObject({ ect: compact, profile, alg: 'ES256', kid: 'a' });
    },
  );

  it('fills in time, lifetime, identity and a root’s parents', async () => {
    const { claims } = await verifyEct(await signEct(DRAFT, key), { keys });
    expect(claims.exp - claims.iat).toBe(600);
    expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(30);
    expect(claims.parents).toEqual([]);
    const again = decodeEct(await signEct(DRAFT, key), 16_384);
    expect(again.payload['jti']).not.toBe(claims.jti);
    expect(Object.keys(again.payload)).not.toContain('ext');
  });

  it('takes time and lifetime from the options', async () => {
    const compact = await signEct(DRAFT, key, { nowSeconds: 1000, lifetimeSeconds: 5 });
    expect(decodeEct(compact, 16_384).payload).toMatchObject({ iat: 1000, exp: 1005 });
  });

  it('keeps the extension of either profile', async () => {
    const extension = { compensation_required: true };
    const old = decodeEct(await signEct({ ...DRAFT, extension }, key), 16_384).payload;
    const young = decodeEct(
      await signEct({ ...DRAFT, extension, pol: 'p', polDecision: 'rejected' }, key, { profile: 'exec' }),
      16_384,
    );
    expect(old['ext']).toEqual(extension);
    expect(young.payload['ect_ext']).toEqual({ ...extension, pol: 'p', pol_decision: 'rejected' });
  });

  it('signs nothing that a ledger would refuse, and names all faults', async () => {
    const faults = await faultsOf(() =>
      signEct({ ...DRAFT, iss: 'x', execAct: '', pol: 'p' }, key, { profile: 'exec' }),
    );
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/iss', '/exec_act', '/ect_ext/pol_decision']);
  });

  it.each([
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)('signs with the algorithm of the key, %s', async (alg, generate) => {
    const pair = generate();
    const signer = await parseSigningKey(
      JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), kid: 'k' }),
    );
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' };
    const trust = { issuers: [{ iss: ISSUER, jwks: { keys: [jwk] } }] };
    const compact = await signEct(DRAFT, signer);
    expect((await verifyEct(compact, { keys: trust, algorithms: [alg] })).alg).toBe(alg);
    expect(await codeOf(() => verifyEct(compact, { keys: trust }))).toBe('algorithm-not-allowed');
  });
});

describe('parseSigningKey', () => {
  it.each([
    ['a public key', publicJwk],
    ['a key without kid', { ...privateJwk, kid: undefined }],
    ['a symmetric key', { kty: 'oct', k: 'AA', kid: 'k', d: 'x' }],
    ['a key for another use', { ...privateJwk, use: 'enc' }],
    ['a key of an unsupported algorithm', { ...privateJwk, alg: 'ES256K' }],
    ['a key whose numbers are wrong', { ...privateJwk, d: 'hush-hush' }],
    ['text that is no JSON', '{"d":"hush-hush"'],
  ])('refuses %s without repeating it', async (_, jwk) => {
    const error: unknown = await parseSigningKey(jwk).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain('hush');
  });
});

describe('generateSigningKey', () => {
  it('gives both halves the kid and keeps the private number out of the public one', () => {
    expect(publicJwk).toMatchObject({ kty: 'EC', crv: 'P-256', kid: 'a' });
    expect(publicJwk).not.toHaveProperty('d');
    expect(privateJwk).toMatchObject({ ...publicJwk, d: expect.any(String) });
  });
});

describe('verifyEct', () => {
  it('refuses with the code of the first check that failed', async () => {
    const compact = await signEct(DRAFT, key);
    expect(await codeOf(() => verifyEct(compact, { keys: { issuers: [] } }))).toBe('unknown-key');
    expect(await codeOf(() => verifyEct(compact, { keys, audience: 'urn:other' }))).toBe('wrong-audience');
    expect(await codeOf(() => verifyEct(compact, { keys, now: Date.now() + 601_000 }))).toBe('expired');
    expect(await codeOf(() => verifyEct(compact, { keys, maxBytes: 10 }))).toBe('token-too-large');
  });

  it('refuses the second sight of a task once there is a replay memory', async () => {
    const replay = new ReplayCache();
    const compact = await signEct(DRAFT, key);
    await expect(verifyEct(compact, { keys, replay })).resolves.toBeDefined();
    await expect(verifyEct(compact, { keys, replay })).rejects.toThrow(LedgerError);
    expect(await codeOf(() => verifyEct(compact, { keys, replay }))).toBe('duplicate-jti');
    await expect(verifyEct(compact, { keys })).resolves.toBeDefined();
  });

  it('remembers a task for exactly as long as it would be accepted', async () => {
    const expiries: number[] = [];
    const replay = new ReplayCache((_, expiresAtMs) => expiries.push(expiresAtMs) < 0);
    const at = { nowSeconds: NOW_SECONDS };
    const options = { keys, replay, now: NOW_SECONDS * 1000 };
    await verifyEct(await signEct(DRAFT, key, { ...at, lifetimeSeconds: 60 }), options);
    await verifyEct(await signEct(DRAFT, key, { ...at, lifetimeSeconds: 100_000 }), options);
    await verifyEct(await signEct(DRAFT, key, { ...at, lifetimeSeconds: 60 }), {
      ...options,
      maxDelaySeconds: 40,
    });
    expect(expiries).toEqual([60, 901, 100].map((seconds) => (NOW_SECONDS + seconds) * 1000));
  });
});
