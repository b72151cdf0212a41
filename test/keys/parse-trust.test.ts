import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { TrustError, parseTrust } from '../../src/keys/parse-trust.js';
import { ISSUER, KID, generateP256 } from '../support/raw-token.js';

const { jwk, privateKey } = generateP256();
const OTHER = 'https://agents.example.org';
const issuers = (...list: unknown[]) => ({ issuers: list });
const withKeys = (...keys: unknown[]) => issuers({ iss: ISSUER, jwks: { keys } });

async function problemsOf(
  document: unknown,
  readJwks?: (file: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const error: unknown = await parseTrust(document, 't', readJwks).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TrustError);
  return (error as TrustError).problems;
}

describe('parseTrust', () => {
  it('resolves a key for its issuer and for no other', async () => {
    const other = { ...generateP256().jwk, kid: 'b' };
    const trust = await parseTrust(
      issuers({ iss: ISSUER, jwks: { keys: [jwk] } }, { iss: OTHER, jwks: { keys: [other] } }),
      't',
    );
    expect(await trust.resolve(ISSUER, KID)).toEqual({
      iss: ISSUER,
      kid: KID,
      jkt: await calculateJwkThumbprint({ ...jwk }),
      jwk,
      source: 'trust-file',
    });
    expect(await trust.resolve(OTHER, KID)).toBeUndefined();
    expect(await trust.resolve(ISSUER, 'b')).toBeUndefined();
    expect(await trust.resolve('__proto__', 'constructor')).toBeUndefined();
    expect(trust.describe()).toEqual({ issuers: 2, trustDomains: 0, keys: 2, remote: [] });
  });

  it('lets two issuers use the same kid', async () => {
    const same = generateP256().jwk;
    const trust = await parseTrust(
      issuers({ iss: ISSUER, jwks: { keys: [jwk] } }, { iss: OTHER, jwks: { keys: [same] } }),
      't',
    );
    expect((await trust.resolve(OTHER, KID))?.jwk).toEqual(same);
  });

  it('ignores unknown members of JWK Sets and JWKs (RFC 7517)', async () => {
    const jwks = { keys: [{ ...jwk, comment: 'x' }], updated: 1 };
    expect((await parseTrust(issuers({ iss: ISSUER, jwks }), 't')).describe().keys).toBe(1);
  });

  it.each([
    [[], 't#:'],
    [null, 't#:'],
    [{}, 't#/issuers:'],
    [{ issuers: [], extra: 1 }, 't#:'],
    [issuers('x'), 't#/issuers/0:'],
    [issuers({ iss: 'agent-a', jwks: { keys: [] } }), 't#/issuers/0/iss:'],
    [issuers({ iss: `urn:${'x'.repeat(2048)}`, jwks: { keys: [] } }), 't#/issuers/0/iss:'],
    [issuers({ iss: ISSUER, jwks: { keys: [] }, jwk }), 't#/issuers/0:'],
    [issuers({ iss: ISSUER }), 't#/issuers/0: must have exactly one of'],
    [issuers({ iss: ISSUER, jwks: { keys: [] }, jwks_file: 'f' }), 't#/issuers/0: must have exactly one of'],
    [issuers({ iss: ISSUER, jwks_file: 7 }), 't#/issuers/0/jwks_file:'],
    [issuers({ iss: ISSUER, jwks_uri: 'http://x.example' }), 't#/issuers/0/jwks_uri: must begin with https:'],
    [issuers({ iss: ISSUER, jwks_uri: 7 }), 't#/issuers/0/jwks_uri: must be an absolute URL'],
    [issuers({ iss: ISSUER, jwks: {} }), 't#/issuers/0/jwks/keys:'],
    [
      issuers({ iss: ISSUER, jwks: { keys: [] } }, { iss: ISSUER, jwks: { keys: [] } }),
      't#/issuers/1/iss: is there more than once',
    ],
    [withKeys(jwk, { ...generateP256().jwk }), 't#/issuers/0/jwks/keys/1/kid: is there more than once'],
    [withKeys('x'), 't#/issuers/0/jwks/keys/0:'],
    [withKeys({ ...jwk, kid: undefined }), 't#/issuers/0/jwks/keys/0/kid:'],
    [withKeys({ ...jwk, kid: '' }), 't#/issuers/0/jwks/keys/0/kid:'],
    [withKeys({ ...jwk, kid: 'a\nb' }), 't#/issuers/0/jwks/keys/0/kid:'],
    [withKeys({ ...jwk, kid: 'x'.repeat(257) }), 't#/issuers/0/jwks/keys/0/kid:'],
    [withKeys({ kty: 'oct', k: 'AA', kid: 'k' }), 't#/issuers/0/jwks/keys/0/kty:'],
    [withKeys({ ...jwk, crv: 'secp256k1' }), 't#/issuers/0/jwks/keys/0: serves no supported algorithm'],
    [withKeys({ ...jwk, use: 'enc' }), 't#/issuers/0/jwks/keys/0: serves no supported algorithm'],
    [withKeys({ ...jwk, x: jwk['y'] }), 't#/issuers/0/jwks/keys/0: is not a valid public key'],
    [withKeys({ ...jwk, x: undefined }), 't#/issuers/0/jwks/keys/0: is not a valid public key'],
  ])('refuses %j', async (document, start) => {
    const problems = await problemsOf(document, () => Promise.resolve({ keys: [] }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(start);
  });

  describe('of a trust domain', () => {
    const authority = { ...jwk, use: 'wit-svid' };
    const domain = (item: object) => issuers({ trust_domain: 'example.com', ...item });

    it('takes the keys that verify Workload Identity Tokens, and no others', async () => {
      const keys = [
        authority,
        { ...jwk, use: 'x509-svid', kid: undefined },
        { ...jwk, use: 'jwt-svid' },
        jwk,
      ];
      const trust = await parseTrust(domain({ bundle_file: 'b' }), 't', () => Promise.resolve({ keys }));
      expect(trust.describe()).toEqual({ issuers: 0, trustDomains: 1, keys: 1, remote: [] });
      expect(await trust.resolve('example.com', KID)).toBeUndefined();
      expect(await trust.resolve('spiffe://example.com/a', KID)).toBeUndefined();
    });

    it.each([
      [domain({}), 't#/issuers/0: must have exactly one of bundle, bundle_file, bundle_uri'],
      [domain({ bundle: { keys: [jwk] } }), 't#/issuers/0/bundle/keys: holds no key that verifies tokens'],
      [
        domain({ bundle: { keys: [{ ...jwk, d: 'hush' }, authority] } }),
        't#/issuers/0/bundle/keys/0/d: is secret',
      ],
      [
        domain({ bundle: { keys: [authority, authority] } }),
        't#/issuers/0/bundle/keys/1/kid: is there more than once',
      ],
      [domain({ bundle_uri: 'http://example.com/' }), 't#/issuers/0/bundle_uri: must begin with https:'],
      [domain({ bundle: { keys: [authority] }, iss: ISSUER }), 't#/issuers/0:'],
      [
        issuers({ trust_domain: 'spiffe://example.com', bundle: { keys: [authority] } }),
        't#/issuers/0/trust_domain: must be the name alone',
      ],
      [
        issuers(
          { trust_domain: 'example.com', bundle: { keys: [authority] } },
          { trust_domain: 'example.com', bundle: { keys: [authority] } },
        ),
        't#/issuers/1/trust_domain: is there more than once',
      ],
    ])('refuses %j', async (document, start) => {
      const problems = await problemsOf(document);
      expect(problems).toEqual([expect.stringContaining(start)]);
    });
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'refuses the secret member %s and does not repeat it',
    async (name) => {
      const problems = await problemsOf(withKeys({ ...jwk, [name]: 'hush' }));
      expect(problems).toEqual([`t#/issuers/0/jwks/keys/0/${name}: is secret: only public keys belong here`]);
    },
  );

  it('refuses whole private keys', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    const problems = await problemsOf(
      withKeys({ ...privateKey.export({ format: 'jwk' }), kid: 'a' }, { ...rsa, kid: 'b' }),
    );
    expect(problems).toHaveLength(7);
  });

  it('names all problems at once', async () => {
    const document = issuers(
      { iss: 'x', jwks: { keys: [{ ...jwk, d: 'hush', kid: '' }] } },
      { iss: ISSUER, jwks_file: 'missing.json', extra: 1 },
      { iss: OTHER, jwks_uri: 'http://x.example' },
    );
    const problems = await problemsOf(document, () => Promise.reject(new Error('no such file')));
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      't#/issuers/0/iss',
      't#/issuers/0/jwks/keys/0/kid',
      't#/issuers/0/jwks/keys/0/d',
      't#/issuers/1',
      't#/issuers/1/jwks_file',
      't#/issuers/2/jwks_uri',
    ]);
  });

  it('names the file of a broken JWK Set', async () => {
    const problems = await problemsOf(issuers({ iss: ISSUER, jwks_file: 'a.json' }), () =>
      Promise.resolve({ keys: [{}] }),
    );
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      'a.json#/keys/0/kty',
      'a.json#/keys/0/kid',
    ]);
  });

  it('reads no file when there is no way to', async () => {
    expect(await problemsOf(issuers({ iss: ISSUER, jwks_file: 'a.json' }))).toHaveLength(1);
  });
});
