import { describe, expect, test } from '@jest/globals';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../support/command.js';
import { makeTempDir } from '../support/temp-dir.js';

const create = (file: string, name: string, ...more: readonly string[]) =>
  runCommand(['token', 'create', '--name', name, '--scope', 'ledger:read', '--file', file, ...more]);

describe('ect-ledger token', () => {
  test('shows a token once and keeps its hash in a file of its owner', async () => {
    const file = join(await makeTempDir(), 'data', 'tokens.json');
    const { code, out, err } = await create(
      file,
      'auditor',
      '--expires',
      '30d',
      '--trust-domain',
      'example.com',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^ectl_[0-9a-f]{12}_[\w-]{43}\n$/);
    expect(err).toContain('only time');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(out.trim().slice(-43));
    expect(JSON.parse(text)).toMatchObject({
      tokens: [{ name: 'auditor', scopes: ['ledger:read'], limits: { trust_domains: ['example.com'] } }],
    });
  });

  test('lists without hashes and revokes by name or by id', async () => {
    const file = join(await makeTempDir(), 'tokens.json');
    const [a] = [await create(file, 'a'), await create(file, 'b')];
    const listed = await runCommand(['token', 'list', '--json', '--file', file]);
    expect(listed.out).not.toContain('sha256');
    expect((JSON.parse(listed.out) as { tokens: { name: string }[] }).tokens.map(({ name }) => name)).toEqual(
      ['a', 'b'],
    );
    const id = /^ectl_(\w{12})_/.exec(a.out)?.[1] ?? '';
    expect((await runCommand(['token', 'revoke', id, '--file', file])).out).toContain('revoked: a');
    expect((await runCommand(['token', 'revoke', 'b', '--file', file])).code).toBe(0);
    expect((await runCommand(['token', 'revoke', 'b', '--file', file])).code).toBe(2);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ tokens: [] });
  });

  test.each([
    [['--scope', 'ledger:everything']],
    [['--expires', '2020-01-01']],
    [['--expires', 'soon']],
    [['--workflow', 'x']],
    [['--trust-domain', 'spiffe://example.com']],
  ])('refuses %j', async (options) => {
    const file = join(await makeTempDir(), 'tokens.json');
    expect((await create(file, 'a', ...options)).code).toBe(2);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('refuses a name that is taken and a file that is no token file', async () => {
    const file = join(await makeTempDir(), 'tokens.json');
    await create(file, 'a');
    expect((await create(file, 'a')).err).toContain('has a token "a"');
    await writeFile(file, '{}');
    expect((await create(file, 'b')).err).toContain('is no token file');
    expect(await readFile(file, 'utf8')).toBe('{}');
  });
});
