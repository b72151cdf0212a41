import { readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/cli/failure.js';
import { type NamedJwk, publicHalf, thumbprint } from '../../src/cli/public-jwk.js';
import { readIssuers, trustKeys } from '../../src/cli/trust-file.js';
import { generateSigningKey } from '../../src/index.js';
import { parseTrust } from '../../src/keys/parse-trust.js';
import { makeTempDir } from '../support/temp-dir.js';

const A = 'spiffe://example.com/agent/a';
const B = 'spiffe://example.com/agent/b';

async function newJwk(kid: string): Promise<NamedJwk> {
  return publicHalf((await generateSigningKey(kid)).privateJwk, 'the test');
}

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await makeTempDir();
  file = join(folder, 'trust.json');
});

describe('trustKeys', () => {
  test('creates a file that the service reads', async () => {
    const jwk = await newJwk('a-key');
    await trustKeys(file, [{ iss: A, jwk }]);
    const trust = await parseTrust(JSON.parse(await readFile(file, 'utf8')), 'trust.json');
    expect(await trust.resolve(A, 'a-key')).toMatchObject({ jkt: thumbprint(jwk) });
    expect(await readdir(folder)).toEqual(['trust.json']);
  });

  test('keeps what stands there: other issuers, other keys, members it does not know, the mode', async () => {
    const document = {
      issuers: [
        { iss: B, jwks_file: 'b.json' },
        { iss: A, jwks: { keys: [{ kid: '0' }] } },
      ],
    };
    await writeFile(file, JSON.stringify({ ...document, note: 'n' }), { mode: 0o640 });
    const jwk = await newJwk('1');
    await trustKeys(file, [{ iss: A, jwk }]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      issuers: [document.issuers[0], { iss: A, jwks: { keys: [{ kid: '0' }, jwk] } }],
      note: 'n',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  test('does not touch the file when the keys are there already', async () => {
    const key = { iss: A, jwk: await newJwk('k') };
    expect(await trustKeys(file, [key])).toEqual([key]);
    const before = await stat(file);
    expect(await trustKeys(file, [key])).toEqual([]);
    expect((await stat(file)).ino).toBe(before.ino);
  });

  test('takes the same kid for two issuers, but not two keys of one kid for one', async () => {
    await trustKeys(file, [{ iss: A, jwk: await newJwk('k') }]);
    await trustKeys(file, [{ iss: B, jwk: await newJwk('k') }]);
    const before = await readFile(file, 'utf8');
    await expect(trustKeys(file, [{ iss: A, jwk: await newJwk('k') }])).rejects.toThrow(Failure);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('refuses an issuer whose keys stand in another file', async () => {
    await writeFile(file, JSON.stringify({ issuers: [{ iss: A, jwks_file: 'keys/a.json' }] }));
    await expect(trustKeys(file, [{ iss: A, jwk: await newJwk('k') }])).rejects.toThrow('keys/a.json');
  });

  test.each(['', '[]', '{}', '{"issuers": [1]}', 'issuers:'])(
    'leaves a file alone that is none: %j',
    async (text) => {
      await writeFile(file, text);
      await expect(trustKeys(file, [{ iss: A, jwk: await newJwk('k') }])).rejects.toThrow('is no trust file');
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );

  test('loses no key when several are added at the same time', async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => ({ iss: A, jwk: await newJwk(`k${at}`) })),
    );
    await Promise.all(keys.map((key) => trustKeys(file, [key])));
    const trust = await parseTrust(JSON.parse(await readFile(file, 'utf8')), 'trust.json');
    expect(trust.describe()).toMatchObject({ issuers: 1, keys: 8 });
  });

  test('writes through a symbolic link', async () => {
    const link = join(folder, 'link.json');
    await writeFile(file, '{"issuers": []}');
    await symlink(file, link);
    await trustKeys(link, [{ iss: A, jwk: await newJwk('k') }]);
    expect(await readIssuers(file)).toHaveLength(1);
  });
});

describe('publicHalf', () => {
  test('takes over nothing that is secret', async () => {
    const { privateJwk, publicJwk } = await generateSigningKey('k');
    expect(publicHalf({ ...privateJwk, iss: A, secret: 's' }, 'f')).toEqual(publicJwk);
  });

  test.each([
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'k' }],
    ['a point that is not on the curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'k' }],
    ['a key without a name', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
    ['no key at all', {}],
  ])('refuses %s', (_, jwk) => {
    expect(() => publicHalf(jwk, 'f')).toThrow(Failure);
  });
});

test('thumbprint is that of RFC 7638 §3.1', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn' +
    'jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM' +
    'QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz' +
    'KnqDKgw';
  expect(thumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  );
});
