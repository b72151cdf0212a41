import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TrustError } from '../../src/keys/parse-trust.js';
import { TrustFileKeyResolver } from '../../src/keys/trust-file.js';
import { ISSUER, KID, generateP256 } from '../support/raw-token.js';
import { makeTempDir } from '../support/temp-dir.js';

const FIRST = generateP256().jwk;
const SECOND = { ...generateP256().jwk, kid: 'second' };
const trustOf = (...keys: unknown[]) => JSON.stringify({ issuers: [{ iss: ISSUER, jwks: { keys } }] });
const jwksOf = (...keys: unknown[]) => JSON.stringify({ keys });

let folder: string;
let lines: string[];
let resolver: TrustFileKeyResolver | undefined;
const file = (name = 'trust.json') => join(folder, name);
const log = {
  info: (message: string) => void lines.push(`info ${message}`),
  warn: (message: string) => void lines.push(`warn ${message}`),
};
const warnings = () => lines.filter((line) => line.startsWith('warn'));

async function load(path: string | undefined = file(), pollIntervalMs = 5): Promise<TrustFileKeyResolver> {
  resolver = await TrustFileKeyResolver.load(path, { log, pollIntervalMs });
  return resolver;
}

async function until(condition: () => unknown): Promise<void> {
  for (let round = 0; round < 1000; round++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error('never came true');
}

/** Replaces a file at once, as editors do. */
async function replace(name: string, text: string): Promise<void> {
  await writeFile(file(`${name}.new`), text);
  await rename(file(`${name}.new`), file(name));
}

beforeEach(async () => {
  folder = await makeTempDir();
  lines = [];
});

afterEach(async () => {
  resolver?.close();
  await rm(folder, { recursive: true });
});

describe('TrustFileKeyResolver', () => {
  it('reads keys that stand in the file and in files beside it', async () => {
    await mkdir(file('keys'));
    await writeFile(file('keys/b.json'), jwksOf(SECOND));
    const issuers = [
      { iss: ISSUER, jwks: { keys: [FIRST] } },
      { iss: 'urn:b', jwks_file: 'keys/b.json' },
    ];
    await writeFile(file(), JSON.stringify({ issuers }));
    const trust = await load();
    expect((await trust.resolve(ISSUER, KID))?.jwk).toEqual(FIRST);
    expect((await trust.resolve('urn:b', 'second'))?.jwk).toEqual(SECOND);
    expect(trust.describe()).toMatchObject({ issuers: 2, keys: 2 });
    expect(lines).toEqual([`info trust file ${file()}: 2 issuers, 2 keys`]);
  });

  it.each([
    ['is missing', undefined],
    ['is no JSON', '{'],
    ['names a member twice', '{"issuers":[],"issuers":[]}'],
    ['has a fault', trustOf({ ...FIRST, d: 'hush' })],
    ['names a missing key file', JSON.stringify({ issuers: [{ iss: ISSUER, jwks_file: 'nowhere.json' }] })],
  ])('refuses to start when the file %s', async (_, text) => {
    if (text !== undefined) await writeFile(file(), text);
    await expect(load()).rejects.toThrow(TrustError);
    await expect(load()).rejects.toThrow(/trust\.json/);
  });

  it('trusts nobody when no file is named and there is none, and says so', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      resolver = await TrustFileKeyResolver.load(undefined, { log });
    } finally {
      process.chdir(before);
    }
    expect(resolver.describe()).toMatchObject({ issuers: 0, keys: 0 });
    expect(warnings()).toEqual(['warn nobody is trusted: there is no trust file trust.json']);
  });

  it('refuses to start when no file is named and the one there is broken', async () => {
    const before = process.cwd();
    await writeFile(file(), '{}');
    process.chdir(folder);
    try {
      await expect(TrustFileKeyResolver.load(undefined, { log })).rejects.toThrow(TrustError);
    } finally {
      process.chdir(before);
    }
  });

  it('reads again on reload', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load(file(), 1_000_000);
    await replace('trust.json', trustOf(SECOND));
    expect(await trust.resolve(ISSUER, 'second')).toBeUndefined();
    await trust.reload();
    expect((await trust.resolve(ISSUER, 'second'))?.jwk).toEqual(SECOND);
    expect(await trust.resolve(ISSUER, KID)).toBeUndefined();
  });

  it('reads again when the file was replaced', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load();
    await replace('trust.json', trustOf(SECOND));
    await until(() => trust.resolve(ISSUER, 'second'));
    expect(await trust.resolve(ISSUER, KID)).toBeUndefined();
  });

  it('reads again when a key file was written', async () => {
    await writeFile(file('b.json'), jwksOf(FIRST));
    await writeFile(file(), JSON.stringify({ issuers: [{ iss: ISSUER, jwks_file: 'b.json' }] }));
    const trust = await load();
    await writeFile(file('b.json'), jwksOf(FIRST, SECOND));
    await until(() => trust.resolve(ISSUER, 'second'));
    expect(trust.describe().keys).toBe(2);
  });

  it('reads again when a symbolic link to the folder was swapped', async () => {
    for (const [version, key] of Object.entries({ v1: FIRST, v2: SECOND })) {
      await mkdir(file(version));
      await writeFile(file(`${version}/trust.json`), trustOf(key));
    }
    await symlink('v1', file('..data'));
    await symlink('..data/trust.json', file());
    const trust = await load();
    await symlink('v2', file('..data_tmp'));
    await rename(file('..data_tmp'), file('..data'));
    await until(() => trust.resolve(ISSUER, 'second'));
    expect(await trust.resolve(ISSUER, KID)).toBeUndefined();
  });

  it('reports a broken new version once, keeps the old one, and takes the repaired one', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load();
    await replace('trust.json', trustOf({ ...SECOND, d: 'hush' }));
    await until(() => warnings().length > 0);
    await new Promise((done) => setTimeout(done, 50));
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('/issuers/0/jwks/keys/0/d');
    expect(warnings()[0]).not.toContain('hush');
    expect((await trust.resolve(ISSUER, KID))?.jwk).toEqual(FIRST);
    await replace('trust.json', trustOf(SECOND));
    await until(() => trust.resolve(ISSUER, 'second'));
  });

  it('keeps the old version when the file vanishes, and takes the one that comes back', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load();
    await rm(file());
    await until(() => warnings().length > 0);
    expect(trust.describe().keys).toBe(1);
    await writeFile(file('trust.json.new'), trustOf(FIRST, SECOND));
    await rename(file('trust.json.new'), file());
    await until(() => trust.describe().keys === 2);
  });

  it('sees that a broken version was repaired in a key file it names for the first time', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load();
    await replace('trust.json', JSON.stringify({ issuers: [{ iss: ISSUER, jwks_file: 'b.json' }] }));
    await until(() => warnings().length > 0);
    await replace('b.json', jwksOf(SECOND));
    await until(() => trust.resolve(ISSUER, 'second'));
  });

  it('looks no more after close', async () => {
    await writeFile(file(), trustOf(FIRST));
    const trust = await load();
    trust.close();
    await replace('trust.json', trustOf(SECOND));
    await new Promise((done) => setTimeout(done, 50));
    expect(await trust.resolve(ISSUER, 'second')).toBeUndefined();
  });
});
