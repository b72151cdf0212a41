import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { defaultKid } from '../../src/cli/key-file.js';
import { type JsonObject, decodeEct, verifyEct } from '../../src/index.js';
import { makeTempDir } from '../support/temp-dir.js';
import { runCommand } from './captured-shell.js';

const ISS = 'spiffe://example.com/agent/build';
const WID = '0a0a0a0a-1111-4222-8333-444444444444';

/** An address where nothing listens any more. */
async function deserted(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return `http://127.0.0.1:${typeof address === 'object' ? String(address?.port) : ''}`;
}

function payloadOf(token: string): JsonObject {
  return decodeEct(token.trim(), 16_384).payload;
}

let folder: string;
let keyFile: string;

beforeEach(async () => {
  folder = await makeTempDir();
  keyFile = join(folder, 'build.private.json');
  await runCommand(['keygen', '--iss', ISS, '--out', keyFile]);
});

describe('keygen', () => {
  test('keeps the private key to its owner, prints the public one and says what is next', async () => {
    const out = join(folder, 'new/keys/');
    const {
      code,
      out: printed,
      err,
    } = await runCommand(['keygen', '--iss', ISS, '--kid', 'a/b', '--out', out]);
    const path = join(out, 'a_b.private.json');
    expect(code).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { iss, d, ...jwk } = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
    expect([iss, d?.length]).toEqual([ISS, 43]);
    expect(JSON.parse(printed)).toEqual(jwk);
    expect(err).toContain(`ect-ledger trust add --iss ${ISS} ${path}`);
    expect(err).not.toContain(d);
  });

  test('never overwrites a key', async () => {
    const before = await readFile(keyFile, 'utf8');
    const { code, err } = await runCommand(['keygen', '--iss', ISS, '--out', keyFile]);
    expect([code, await readFile(keyFile, 'utf8')]).toEqual([2, before]);
    expect(err).toContain('a key is never overwritten');
  });

  test.each([
    ['spiffe://example.com/agent/build', 'build-key'],
    ['https://agents.example.org/', 'agents.example.org-key'],
    ['urn:example:agent', 'agent-key'],
  ])('names the key of %s %s', (iss, kid) => {
    expect(defaultKid(iss)).toBe(kid);
  });

  test('refuses an agent that is no URI', async () => {
    expect(await runCommand(['keygen', '--iss', 'build', '--out', folder])).toMatchObject({
      code: 2,
      out: '',
    });
  });
});

describe('trust', () => {
  test('adds the public half of a key and lists it', async () => {
    const file = join(folder, 'trust.json');
    const env = { TRUST_FILE: file };
    const added = await runCommand(['trust', 'add', '--iss', ISS, keyFile], { env });
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('now trusted') });
    expect(added.err).toContain('notices within a second');
    expect(await readFile(file, 'utf8')).not.toContain('"d"');
    const again = await runCommand(['trust', 'add', '--iss', ISS, keyFile], { env });
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('trusted already') });
    const listed = await runCommand(['trust', 'list'], { env });
    expect(listed.out).toMatch(
      /^spiffe:\/\/example\.com\/agent\/build\n {2}build-key {2}EC P-256 {2}\S{43}\n$/,
    );
  });

  test('lists issuers whose keys are fetched, and trust domains', async () => {
    const file = join(folder, 'sources.json');
    const bundle = {
      keys: [{ kty: 'EC', crv: 'P-256', kid: 'authority', use: 'wit-svid', x: 'AA', y: 'AA' }],
    };
    const issuers = [
      { iss: 'https://a.example', jwks_uri: 'https://a.example/jwks' },
      { trust_domain: 'b.example', bundle_uri: 'https://b.example/bundle' },
      { trust_domain: 'c.example', bundle },
    ];
    await writeFile(file, JSON.stringify({ issuers }));
    const { out } = await runCommand(['trust', 'list', '--file', file]);
    expect(out.split('\n')).toEqual([
      'https://a.example',
      '  keys in https://a.example/jwks',
      'trust domain b.example',
      '  keys in https://b.example/bundle',
      'trust domain c.example',
      expect.stringMatching(/^ {2}authority {2}EC P-256 {2}\S{43}$/),
      '',
    ]);
  });

  test('does not let the key of one agent speak for another', async () => {
    const { code, err } = await runCommand(['trust', 'add', '--iss', `${ISS}er`, keyFile]);
    expect([code, err]).toEqual([2, expect.stringContaining(`is a key of ${ISS}`)]);
  });
});

describe('sign', () => {
  const sign = async (...args: string[]) => runCommand(['sign', '--key', keyFile, '--act', 'build', ...args]);

  test('prints a token that verifies under the trust file', async () => {
    const file = join(folder, 'trust.json');
    await runCommand(['trust', 'add', '--file', file, '--iss', ISS, keyFile]);
    const parent = '99999999-1111-4222-8333-444444444444';
    const policy = ['--pol', 'p', '--pol-decision', 'approved', '--pol-enforcer', 'urn:e'];
    const { out } = await sign(
      '--wid',
      WID,
      '--parent',
      parent,
      '--parent',
      WID,
      '--aud',
      'urn:x',
      ...policy,
    );
    const keys = JSON.parse(await readFile(file, 'utf8')) as never;
    const { claims } = await verifyEct(out.trim(), { keys, audience: 'urn:x' });
    expect(claims).toMatchObject({ iss: ISS, wid: WID, parents: [parent, WID], execAct: 'build' });
    expect(claims).toMatchObject({ pol: 'p', polDecision: 'approved', polEnforcer: 'urn:e' });
    expect(claims.exp - claims.iat).toBe(600);
  });

  test.each([
    [{}, 'http://127.0.0.1:8080'],
    [{ ECT_LEDGER_URL: 'http://ledger.example' }, 'http://ledger.example'],
    [{ ECT_LEDGER_URL: 'http://ledger.example', LEDGER_ID: 'urn:ledger' }, 'urn:ledger'],
  ])('names the ledger of %j as audience', async (env, audience) => {
    const { out } = await runCommand(['sign', '--key', keyFile, '--act', 'build'], { env });
    expect(payloadOf(out).aud).toEqual([audience]);
  });

  test('hashes files and takes the other profile', async () => {
    const input = join(folder, 'input');
    await writeFile(input, 'abc');
    const extension = ['--ext', '{"k":1}', '--profile', 'exec', '--expires-in', '5'];
    const payload = payloadOf((await sign('--inp-file', input, ...extension)).out);
    // FIPS 180-4's example: SHA-256 of "abc".
    const hash = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex');
    expect(payload).toMatchObject({ inp_hash: hash.toString('base64url'), pred: [], ect_ext: { k: 1 } });
  });

  test('explains claims that no ledger would take', async () => {
    const { code, err, out } = await sign('--pol', 'p', '--out-hash', 'short');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('invalid-claims');
    expect(err).toContain('/out_hash');
    expect(err).toContain('/pol_decision');
  });

  test('repeats nothing of a broken key file', async () => {
    await writeFile(keyFile, '{"d": "secret", ');
    const { code, err } = await sign();
    expect([code, err]).toEqual([2, expect.not.stringContaining('secret')]);
  });
});

describe('the command line', () => {
  test.each([['demo'], ['get', WID], ['ancestry', WID], ['workflows'], ['record', '-']])(
    'says how to start a ledger when none answers %s',
    async (...args) => {
      const { code, err } = await runCommand([...args, '--url', await deserted()], { stdin: 'a.b.c\n' });
      expect(code).toBe(2);
      expect(err).toMatch(/no ledger answers at \S+ \(ECONNREFUSED\)\n.*npm start/);
    },
  );

  test.each([
    ['an unknown command', ['recrod']],
    ['an unknown option', ['get', WID, '--jsn']],
    ['a missing argument', ['get']],
    ['a task that is no UUID', ['get', '../workflows']],
    ['a number out of range', ['ancestry', WID, '--limit', '0']],
    ['options that exclude each other', ['get', WID, '--token', '--json']],
    ['an address that is none', ['workflows', '--url', 'ledger']],
    ['a file that is not there', ['record', '/nowhere/tokens.ndjson']],
    ['an extension that is no object', ['sign', '--key', 'k', '--act', 'a', '--ext', '[]']],
  ])('answers %s with one clear line and exit code 2', async (_, args) => {
    const { code, err, out } = await runCommand(args);
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')[0]).not.toBe('');
    expect(err).not.toContain('    at ');
  });

  test('shows where it happened only with DEBUG', async () => {
    const { err } = await runCommand(['workflows', '--url', 'x'], { env: { DEBUG: '1' } });
    expect(err).toContain('    at ');
  });

  test.each([
    [],
    ['demo'],
    ['keygen'],
    ['trust', 'add'],
    ['sign'],
    ['record'],
    ['get'],
    ['ancestry'],
    ['workflows'],
  ])('has help with examples: %s %s', async (...args) => {
    const { code, out } = await runCommand([...args, '--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('$ ect-ledger')]);
  });

  test('does not wait for a person to type tokens', async () => {
    expect(await runCommand(['record'], { isTTY: true })).toMatchObject({ code: 2 });
  });
});
