import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { decodeEct, parseSigningKey, signEct } from '../../src/index.js';
import { makeTempDir } from '../support/temp-dir.js';
import { type TestDatabase, createTestDatabase } from '../support/test-database.js';

/** The command as it is installed, in a process of its own, against a service in a process of its own. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ISS = 'spiffe://example.com/agent/build';
const TIMEOUT_MS = 120_000;
jest.setTimeout(TIMEOUT_MS);

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: string;
let database: TestDatabase;
let service: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await makeTempDir();
  database = await createTestDatabase();
  await startService('0');
  await ledger('keygen', '--iss', ISS, '--out', 'build.json');
  await ledger('trust', 'add', '--iss', ISS, 'build.json');
  const token = (await ledger('sign', '--key', 'build.json', '--act', 'warm_up')).out;
  await untilRecorded(token);
});

afterAll(async () => {
  await stopService();
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('demo', () => {
  test('plays the story to its end, again and again, and its hints work', async () => {
    const first = await ledger('demo', '--fast');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('✗ refused, 422 build_release_artifact\n     parent-policy: ');
    expect(first.out).toContain('✗ refused, 403 approve_release\n     invalid-signature: ');
    expect(first.out.match(/✓ recorded #/g)).toHaveLength(11);
    const again = await ledger('demo', '--fast');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).not.toContain('now trusts them');
    const hints = await Promise.all(hintsOf(again.out).map((args) => ledger(...args)));
    expect(hints.map(({ code, err }) => [code, err])).toEqual(Array(4).fill([0, '']));
  });

  test('keeps the keys to their owner and out of the trust file', async () => {
    const keys = join(folder, '.data/demo');
    for (const name of await readdir(keys)) expect((await stat(join(keys, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'trust.json'), 'utf8')).not.toContain('"d"');
  });

  test('works with new keys when the old ones are gone', async () => {
    await rm(join(folder, '.data/demo'), { recursive: true });
    expect(await ledger('demo', '--fast')).toMatchObject({ code: 0, err: '' });
  });

  test('draws the fan-in of the release once, with references to it', async () => {
    const { out } = await ledger('demo', '--fast');
    const tree = out.slice(out.indexOf('approve_release #', out.indexOf('What the release rests on')));
    const shape = tree.split('\n\n')[0]?.replace(/ #\d+(?: .*)?$/gm, '');
    expect(shape).toBe(
      [
        'approve_release',
        '└─ build_release_artifact',
        '   ├─ execute_test_suite',
        '   │  └─ implement_module',
        '   │     └─ review_requirements_spec',
        '   ├─ analyse_code',
        '   │  └─ ↑ see implement_module',
        '   ├─ human_review_of_clinical_risk',
        '   │  └─ assess_clinical_risk',
        '   │     └─ ↑ see implement_module',
        '   └─ verify_remediation',
        '      └─ remediate_vulnerable_library',
        '         └─ scan_for_vulnerabilities',
        '            └─ ↑ see implement_module',
      ].join('\n'),
    );
  });
});

describe('record', () => {
  test('records from standard input, knows the token again, and shows it byte for byte', async () => {
    const token = (await ledger('sign', '--key', 'build.json', '--act', 'build')).out;
    const recorded = await ledgerWith(token, 'record');
    expect(recorded).toMatchObject({ code: 0, out: expect.stringContaining('recorded 1, already there 0') });
    const again = await ledgerWith(token, 'record', '-');
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('recorded 0, already there 1') });
    const [jti = ''] = recorded.out.match(UUID) ?? [];
    expect((await ledger('get', jti, '--token')).out).toBe(token);
    expect((await ledger('get', jti)).out).toContain(`by        ${ISS}\n`);
    expect(JSON.parse((await ledger('get', jti, '--json')).out)).toMatchObject({ jti, ect: token.trim() });
  });

  test('records the good ones, says what is wrong with the others and where, and exits with 1', async () => {
    const good = (await ledger('sign', '--key', 'build.json', '--act', 'good')).out;
    const orphan = (await ledger('sign', '--key', 'build.json', '--act', 'orphan', '--parent', NOBODY)).out;
    await writeFile(
      join(folder, 'mixed.ndjson'),
      `${good}\nno.token\n${JSON.stringify({ ect: orphan })}\n{}\n`,
    );
    const { code, out } = await ledger('record', 'mixed.ndjson');
    expect(code).toBe(1);
    expect(out).toMatch(/^mixed\.ndjson:1: recorded as #\d+/m);
    expect(out).toMatch(/^rejected mixed\.ndjson:3: malformed-token: /m);
    expect(out).toMatch(
      new RegExp(`^rejected mixed\\.ndjson:4: missing-parent: .*\\n {4}parents: ${NOBODY}`, 'm'),
    );
    expect(out).toMatch(/^rejected mixed\.ndjson:5: malformed-token: the line is JSON without/m);
    expect(out).toMatch(/recorded 1, already there 0, rejected 3\n$/);
    const json = await ledger('record', '--json', 'mixed.ndjson');
    const kinds = json.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds.sort()).toEqual(['already', 'rejected', 'rejected', 'rejected']);
  });

  test('records a folder whose files hold the children before their parents', async () => {
    const tokens = await chain(2_500);
    await mkdir(join(folder, 'archive/late'), { recursive: true });
    await writeFile(join(folder, 'archive/a.txt'), tokens.slice(700).reverse().join('\n'));
    await writeFile(join(folder, 'archive/late/b.jwt'), tokens.slice(0, 700).join('\r\n'));
    await writeFile(join(folder, 'archive/notes.md'), 'no token');
    expect(await ledger('record', 'archive')).toMatchObject({
      code: 0,
      out: 'recorded 2500, already there 0, rejected 0\n',
    });
  });

  test('waits for a service that restarts, and loses nothing', async () => {
    await writeFile(join(folder, 'long.txt'), (await chain(6_000)).join('\n'));
    const running = ledger('record', 'long.txt');
    await untilSomeRecorded();
    await stopService();
    await startService(new URL(url).port);
    const { code, out, err } = await running;
    expect(err).toContain('next try in');
    expect(code).toBe(0);
    const [, recorded = '', already = ''] =
      /^recorded (\d+), already there (\d+), rejected 0$/m.exec(out) ?? [];
    expect(Number(recorded) + Number(already)).toBe(6_000);
  });

  test('says why when it ends with nothing done', async () => {
    await writeFile(join(folder, 'empty.txt'), '\n\n');
    expect(await ledger('record', 'empty.txt')).toMatchObject({
      code: 2,
      err: 'ect-ledger: no token in empty.txt\n',
    });
  });
});

describe('keys', () => {
  test('lists the keys, shows one, says what rests on it', async () => {
    const listed = JSON.parse((await ledger('keys', '--json')).out) as { keys: readonly { jkt: string }[] };
    const jkt = listed.keys[0]?.jkt ?? '';
    expect((await ledger('keys')).out).toContain(`${jkt}  `);
    expect((await ledger('keys', jkt)).out).toMatch(/status +active/);
    const impact = await ledger('keys', 'impact', jkt, '--limit', '1');
    expect(impact.out).toMatch(/^signed {3}#\d+ /);
  });

  test('revokes a key for good', async () => {
    const jkt = 'A'.repeat(43);
    const { code, out } = await ledger(
      'keys',
      'revoke',
      jkt,
      '--at',
      '2026-01-02T03:04:05Z',
      '--reason',
      'lost',
    );
    expect([code, out]).toEqual([0, `${jkt} is revoked as of 2026-01-02T03:04:05.000Z: lost\n`]);
    const again = await ledger('keys', 'revoke', jkt, '--reason', 'again', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ reason: 'lost' });
    expect(await ledger('keys', jkt)).toMatchObject({ code: 2, err: expect.stringContaining('not-found') });
  });
});

describe('ancestry and workflows', () => {
  let wid: string;
  let jtis: readonly string[];

  beforeAll(async () => {
    const tokens = await chain(300);
    const payloads = tokens.map((token) => decodeEct(token, 16_384).payload);
    wid = String(payloads[0]?.wid);
    jtis = payloads.map(({ jti }) => String(jti));
    await ledgerWith(tokens.join('\n'), 'record');
  });

  test('draws all of a deep chain', async () => {
    const { code, out, err } = await ledger('ancestry', jtis.at(-1) ?? '');
    expect([code, err]).toEqual([0, '']);
    expect(new Set(out.match(UUID))).toEqual(new Set(jtis));
  });

  test('follows the descendants and says that it shows only a part', async () => {
    const { out, err } = await ledger('ancestry', jtis[0] ?? '', '--descendants', '--depth', '4');
    expect(out.match(UUID)).toEqual(jtis.slice(0, 5));
    expect(err).toContain('Only a part');
  });

  test('lists workflows and draws one', async () => {
    const listed = await ledger('workflows', '--limit', '1');
    expect(listed.out).toContain(`${wid}  300 tasks`);
    expect(listed.err).toContain('There are more than 1');
    expect((await ledger('workflows', wid)).out.match(UUID)).toHaveLength(300);
  });

  test.each([['get'], ['ancestry'], ['workflows']])(
    '%s of what is not there is one clear line',
    async (command) => {
      const { code, out, err } = await ledger(command, NOBODY);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^ect-ledger: not-found: .*\n$/);
    },
  );

  test('does not mind a reader that has seen enough', async () => {
    const child = start('ancestry', jtis.at(-1) ?? '');
    child.stdout.destroy();
    const [[code], err] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect([code, err]).toEqual([0, '']);
  });
});

const NOBODY = '99999999-9999-4999-8999-999999999999';

/** Tokens of one workflow, each the child of the one before. */
async function chain(length: number): Promise<string[]> {
  const key = await parseSigningKey(await readFile(join(folder, 'build.json'), 'utf8'));
  const wid = crypto.randomUUID();
  const jtis = Array.from({ length }, () => crypto.randomUUID());
  return Promise.all(
    jtis.map((jti, at) => {
      const parents = jtis.slice(Math.max(0, at - 1), at);
      return signEct({ iss: ISS, aud: url, wid, jti, execAct: `step_${String(at)}`, parents }, key);
    }),
  );
}

/** The commands of "What to look at next". */
function hintsOf(story: string): string[][] {
  return Array.from(story.matchAll(/^ {2}npx ect-ledger (.*)$/gm), ([, args = '']) => args.split(' '));
}

async function untilRecorded(token: string): Promise<void> {
  for (;;) if ((await ledgerWith(token, 'record')).code === 0) return;
}

async function untilSomeRecorded(): Promise<void> {
  const size = async (): Promise<string> => (await ledger('workflows', '--limit', '1')).out;
  const before = await size();
  while ((await size()) === before) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function ledger(...args: readonly string[]): Promise<Ended> {
  return ledgerWith('', ...args);
}

async function ledgerWith(input: string, ...args: readonly string[]): Promise<Ended> {
  const child = start(...args);
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, err };
}

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env.PATH, ECT_LEDGER_URL: url };
  return spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: folder, env });
}

async function startService(port: string): Promise<void> {
  service = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: port, DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  url = await addressOf(service);
}

/** Goes on reading after the greeting: a pipe that nobody empties would stop the service. */
async function addressOf(child: ChildProcess): Promise<string> {
  let printed = '';
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error(`the service did not start:\n${printed}`));
    });
    const read = (chunk: unknown): void => {
      printed += String(chunk);
      const [, address] = /listening on (http\S+) \(/.exec(printed) ?? [];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}

async function stopService(): Promise<void> {
  service.kill();
  if (service.exitCode === null) await once(service, 'exit');
}
