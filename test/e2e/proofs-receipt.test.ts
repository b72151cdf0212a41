import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceiptJson } from '../../src/index.js';
import type { SubmittedJson } from '../support/client.js';
import { type Ended, runCommand } from '../support/command.js';
import { FakeLogKey } from '../support/fake-log.js';
import { startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';

describe('verify receipt', () => {
  let folder: string;
  let ledger: TestService;
  let vkey: string;
  let reply: SubmittedJson;
  let other: SubmittedJson;

  beforeAll(async () => {
    folder = await makeTempDir();
    ledger = await startService({ store: 'memory', environment: { DATA_DIR: folder } });
    vkey = ledger.service.vkeys[0] ?? '';
    reply = (await ledger.client.record(await ledger.cast.a.sign())).body;
    other = (await ledger.client.record(await ledger.cast.b.sign())).body;
    await file('token.jwt', reply.ect);
    await file('other.jwt', `${other.ect}\n`);
  });

  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  async function file(name: string, content: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  const verify = (input: unknown, ...more: readonly string[]): Promise<Ended> =>
    runCommand(
      ['verify', 'receipt', '-', '--vkey', vkey, ...more],
      typeof input === 'string' ? input : JSON.stringify(input),
    );

  /** The checks that failed. */
  const failed = ({ out }: Ended) => Array.from(out.matchAll(/^✗ (\w+)/gm), ([, name]) => name);

  test('shows every step of a whole reply and its token', async () => {
    const { code, out } = await verify(reply);
    expect(code).toBe(0);
    const steps = ['leaf', 'inclusion', 'checkpoint', 'origin', 'signature', 'token', 'reply'];
    expect(Array.from(out.matchAll(/^✓ (\w+)/gm), ([, name]) => name)).toEqual(steps);
    expect(out).toContain(`genuine: #1 in the log "localhost/ect-ledger" of 2 leaves, task ${reply.jti}, `);
  });

  test('takes a bare receipt from a file, with the key from a file', async () => {
    const receipt = await file('receipt.json', JSON.stringify(reply.receipt));
    const token = join(folder, 'token.jwt');
    const jwks = await file('jwks.json', (await ledger.client.get('/.well-known/jwks.json')).text);
    const lines = await file('log.vkey', `# the log\n\n${vkey}\n`);
    for (const keys of [jwks, lines]) {
      const { code, out } = await runCommand([
        'verify',
        'receipt',
        receipt,
        '--vkey-file',
        keys,
        '--ect',
        token,
      ]);
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('✓ token') });
    }
    expect(await verify(reply.receipt)).toMatchObject({ code: 0, out: expect.stringContaining('– token') });
  });

  test('takes a .tlog-proof with its leaf', async () => {
    const path = `/ledger/${reply.jti}/receipt`;
    const proof = (await ledger.client.get(path, { Accept: 'text/plain' })).text;
    const leaf = await file('leaf.json', (await ledger.client.get('/log/entries/1')).text);
    const bytes = await file('leaf', Buffer.from(reply.receipt.leaf, 'base64').toString());
    for (const given of [leaf, bytes])
      expect(await verify(proof, '--leaf', given)).toMatchObject({ code: 0 });
    const wrong = await verify(
      proof,
      '--leaf',
      await file('wrong', Buffer.from(other.receipt.leaf, 'base64').toString()),
    );
    expect([wrong.code, failed(wrong)]).toEqual([1, ['inclusion']]);
    expect(await verify(proof)).toMatchObject({ code: 2, err: expect.stringContaining('--leaf') });
  });

  test.each<[string, (receipt: ReceiptJson) => object, readonly string[]]>([
    ['another index', (receipt) => ({ index: receipt.index - 1 }), ['inclusion']],
    ['another leaf', () => ({ leaf: other.receipt.leaf }), ['leaf']],
    [
      'another leaf and its hash',
      () => ({ leaf: other.receipt.leaf, leaf_hash: other.receipt.leaf_hash }),
      ['inclusion'],
    ],
    ['another root', () => ({ root_hash: other.receipt.root_hash }), ['inclusion', 'checkpoint']],
    ['a shorter path', () => ({ inclusion_path: [] }), ['inclusion']],
    ['another checkpoint', () => ({ checkpoint: other.receipt.checkpoint }), ['checkpoint']],
    ['another origin', () => ({ origin: 'log.example/other' }), ['checkpoint', 'origin', 'signature']],
    [
      'a checkpoint with another text',
      (receipt) => ({ checkpoint: receipt.checkpoint.replace('\n2\n', '\n3\n') }),
      ['checkpoint', 'signature'],
    ],
    ['no hash', () => ({ leaf_hash: 'AAAA' }), ['format']],
    ['a checkpoint that is none', () => ({ checkpoint: 'signed, the log' }), ['checkpoint', 'signature']],
  ])('refuses %s', async (_what, change, steps) => {
    const ended = await verify({ ...reply.receipt, ...change(reply.receipt) });
    expect([ended.code, failed(ended)]).toEqual([1, steps]);
    expect(ended.out).toMatch(/^NOT genuine$/m);
  });

  test('refuses a receipt of another token, and a reply that says otherwise than its receipt', async () => {
    const mixed = await verify({ ...reply, ect: other.ect });
    expect([mixed.code, failed(mixed)]).toEqual([1, ['token']]);
    const given = await verify(reply.receipt, '--ect', join(folder, 'other.jwt'));
    expect([given.code, failed(given)]).toEqual([1, ['token']]);
    const both = await verify(reply, '--ect', join(folder, 'other.jwt'));
    expect([both.code, failed(both)]).toEqual([1, ['token', 'reply']]);
    for (const [member, value] of Object.entries({
      jti: other.jti,
      index: 2,
      jkt: other.jkt,
      recorded_at: '2020',
    })) {
      const ended = await verify({ ...reply, [member]: value });
      expect({ code: ended.code, out: ended.out }).toEqual({
        code: 1,
        out: expect.stringMatching(new RegExp(`^✗ reply .*: ${member}$`, 'm')),
      });
    }
  });

  test('refuses a signature by a key that is not given', async () => {
    const receipt = JSON.stringify(reply.receipt);
    const stranger = new FakeLogKey('localhost/ect-ledger').vkey;
    const ended = await runCommand(['verify', 'receipt', '-', '--vkey', stranger], receipt);
    expect([ended.code, failed(ended)]).toEqual([1, ['signature']]);
    const both = ['--vkey', stranger, '--vkey', vkey];
    expect(await runCommand(['verify', 'receipt', '-', ...both], receipt)).toMatchObject({ code: 0 });
  });

  test('--json says the same', async () => {
    const { code, out } = await verify({ ...reply.receipt, index: 0 }, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      genuine: false,
      origin: 'localhost/ect-ledger',
      index: 0,
      tree_size: 2,
      steps: expect.arrayContaining([{ name: 'inclusion', outcome: 'failed', detail: expect.any(String) }]),
    });
  });

  test.each([
    ['no JSON', 'what?', []],
    ['other JSON', '{"entries":[]}', []],
    ['a file that is not there', '', ['--ect', '/nowhere/token.jwt']],
    ['a malformed key', '{}', ['--vkey', 'log.example+0000']],
  ])('could not run with %s', async (_what, input, more) => {
    const ended = await verify(input, ...more);
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^ect-ledger: /) });
  });
});
