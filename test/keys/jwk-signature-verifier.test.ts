import { generateKeyPairSync, sign } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import type { VerificationKey } from '../../src/application/ports/key-resolver.js';
import { SIGNATURE_ALGORITHMS } from '../../src/domain/ect/header.js';
import type { PublicJwk } from '../../src/domain/entry.js';
import { JwkSignatureVerifier } from '../../src/keys/jwk-signature-verifier.js';
import { algorithmOf } from '../../src/keys/signature-algorithms.js';

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const verifier = new JwkSignatureVerifier();
const asKey = (jwk: object): VerificationKey => ({ iss: 'urn:a', kid: 'k', jkt: '', jwk: jwk as PublicJwk });

async function signedWith(alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const token = await new CompactSign(Buffer.from('{}'))
    .setProtectedHeader({ alg, kid: 'k' })
    .sign(privateKey);
  return { token, key: asKey(await exportJWK(publicKey)) };
}

/** The last character that carries bits, exchanged. */
function withOtherSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

describe('JwkSignatureVerifier', () => {
  it.each(SIGNATURE_ALGORITHMS)('verifies %s and refuses a changed signature', async (alg) => {
    const { token, key } = await signedWith(alg);
    expect(verifier.fits(key, alg)).toBe(true);
    expect(await verifier.verify(token, key, alg)).toBe(true);
    expect(await verifier.verify(token, key, alg)).toBe(true);
    expect(await verifier.verify(withOtherSignature(token), key, alg)).toBe(false);
    expect(await verifier.verify(token.slice(0, token.lastIndexOf('.') + 1), key, alg)).toBe(false);
  });

  it.each(SIGNATURE_ALGORITHMS)(
    'tells right %s signatures from wrong ones, alone and many at once',
    async (alg) => {
      const { token, key } = await signedWith(alg);
      const tokens = [token, withOtherSignature(token), token, withOtherSignature(token)];
      const verdicts = [true, false, true, false];
      expect(await Promise.all(tokens.map((one) => verifier.verify(one, key, alg)))).toEqual(verdicts);
      for (const [at, one] of tokens.entries()) {
        await delay(5);
        expect(await verifier.verify(one, key, alg)).toBe(verdicts[at]);
      }
    },
  );

  it.each(SIGNATURE_ALGORITHMS)('refuses %s signatures of any other length or of zeroes', async (alg) => {
    const { token, key } = await signedWith(alg);
    const end = token.lastIndexOf('.') + 1;
    const signature = Buffer.from(token.slice(end), 'base64url');
    const others = [0, 1, signature.length - 1, signature.length + 1, 2 * signature.length, 1_000].map(
      (length) => Buffer.concat([signature, Buffer.alloc(1_000)], length),
    );
    for (const other of [...others, Buffer.alloc(signature.length), Buffer.alloc(signature.length, 0xff)]) {
      const wrong = token.slice(0, end) + other.toString('base64url');
      expect(await Promise.all([1, 2].map(() => verifier.verify(wrong, key, alg)))).toEqual([false, false]);
      await delay(5);
      expect(await verifier.verify(wrong, key, alg)).toBe(false);
    }
  });

  it.each(['ES256', 'ES384', 'ES512'])("refuses a DER signature of %s, which is not JOSE's", async (alg) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: CURVES[alg] ?? '' });
    const signed = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.e30`;
    const signature = sign(`sha${alg === 'ES512' ? 512 : alg.slice(2)}`, Buffer.from(signed), privateKey);
    const key = asKey(publicKey.export({ format: 'jwk' }));
    expect(await verifier.verify(`${signed}.${signature.toString('base64url')}`, key, alg)).toBe(false);
  });

  it('verifies with no other algorithm than the key is for', async () => {
    const { token, key } = await signedWith('ES256');
    for (const alg of ['ES384', 'ES512', 'PS256', 'Ed25519', 'HS256', 'none'])
      expect(await verifier.verify(token, key, alg)).toBe(false);
  });

  it('fits an algorithm by key type and curve only', () => {
    for (const [owner, crv] of Object.entries(CURVES)) {
      const fitting = SIGNATURE_ALGORITHMS.filter((alg) =>
        verifier.fits(asKey({ kty: 'EC', crv, x: '', y: '' }), alg),
      );
      expect(fitting).toEqual([owner]);
    }
    expect(verifier.fits(asKey({ kty: 'OKP', crv: 'X25519', x: '' }), 'EdDSA')).toBe(false);
    expect(verifier.fits(asKey({ kty: 'oct', k: 'AA' }), 'HS256')).toBe(false);
    expect(verifier.fits(asKey({ kty: 'EC', crv: 'P-256' }), 'none')).toBe(false);
    expect(verifier.fits(asKey({ kty: 'EC', crv: 'P-256' }), 'toString')).toBe(false);
  });

  it.each([
    [{ alg: 'ES256', use: 'sig', key_ops: ['sign', 'verify'] }, true],
    [{ alg: 'ES384' }, false],
    [{ use: 'enc' }, false],
    [{ key_ops: ['sign'] }, false],
    [{ key_ops: [] }, false],
    [{ key_ops: 'verify' }, false],
  ])('honours %j of the key', (members, fits) => {
    expect(verifier.fits(asKey({ kty: 'EC', crv: 'P-256', ...members }), 'ES256')).toBe(fits);
  });

  it.each([
    [1024, false],
    [2040, false],
    [2048, true],
  ])('judges an RSA key of %i bits', (modulusLength, fits) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
    expect(verifier.fits(asKey(publicKey.export({ format: 'jwk' })), 'PS256')).toBe(fits);
  });

  it('does not count leading zeros as RSA bits', () => {
    const n = Buffer.concat([Buffer.alloc(200), Buffer.alloc(100, 0xff)]).toString('base64url');
    expect(verifier.fits(asKey({ kty: 'RSA', n, e: 'AQAB' }), 'PS256')).toBe(false);
    expect(verifier.fits(asKey({ kty: 'RSA', n: 'AAAA', e: 'AQAB' }), 'PS256')).toBe(false);
  });
});

describe('algorithmOf', () => {
  it.each([
    [{ kty: 'EC', crv: 'P-521' }, 'ES512'],
    [{ kty: 'OKP', crv: 'Ed25519' }, 'Ed25519'],
    [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }, 'EdDSA'],
    [{ kty: 'EC', crv: 'secp256k1' }, undefined],
  ])('finds what %j serves', (jwk, alg) => {
    expect(algorithmOf(jwk, 'verify')).toBe(alg);
  });
});
