import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { query, urlFor } from '../support/database-roles.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createEmptyDatabase, databaseUrl, type TestDatabase } from '../support/test-database.js';
import { runCommand } from './captured-shell.js';

/** Whether the service's role may insert and no more, as the catalog says. */
const RIGHTS = `SELECT has_table_privilege(current_user, 'entry', 'INSERT') AS "inserts",
                       has_table_privilege(current_user, 'entry', 'UPDATE') AS "updates", tableowner AS "owner"
                  FROM pg_tables WHERE tablename = 'entry'`;

let folder: string;
let database: TestDatabase;
let names: { readonly owner: string; readonly app: string; readonly reader: string };
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  folder = await makeTempDir();
  database = await createEmptyDatabase();
  const suffix = randomBytes(6).toString('hex');
  names = { owner: `c_owner_${suffix}`, app: `c_app_${suffix}`, reader: `c_reader_${suffix}` };
  for (const name of ['owner', 'reader']) await writeFile(join(folder, name), `the ${name}'s\n`);
  env = { DATABASE_MIGRATION_URL: database.url, DATABASE_URL: urlFor(database.url, names.app, "the app's") };
});

afterEach(async () => {
  const server = databaseUrl(database.url, 'postgres');
  await database.drop();
  for (const name of Object.values(names)) await query(server, `DROP ROLE IF EXISTS ${name}`);
  await rm(folder, { recursive: true });
});

const roles = (...more: readonly string[]) => [
  ...['database', 'roles', '--owner', names.owner, '--owner-password-file', join(folder, 'owner')],
  ...['--reader', names.reader, '--reader-password-file', join(folder, 'reader'), ...more],
];

describe('database', () => {
  test('roles, then migrate as the owner: the service inserts, nobody needs the administrator any more', async () => {
    const made = await runCommand(roles(), { env });
    expect(made).toMatchObject({ code: 0, err: '' });
    for (const name of Object.values(names)) expect(made.out).toContain(name);
    expect(made.out).not.toContain("'s");
    const owner = { ...env, DATABASE_MIGRATION_URL: urlFor(database.url, names.owner, "the owner's") };
    expect(await runCommand(['database', 'migrate'], { env: owner })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+ migrations applied\n$/),
    });
    expect(await runCommand(['database', 'migrate'], { env: owner })).toMatchObject({
      out: 'nothing to do\n',
    });
    expect(await query(env['DATABASE_URL'] ?? '', RIGHTS)).toEqual([
      { inserts: true, updates: false, owner: names.owner },
    ]);
    expect(await query(urlFor(database.url, names.reader, "the reader's"), RIGHTS)).toEqual([
      { inserts: false, updates: false, owner: names.owner },
    ]);
  }, 60_000);

  test('roles --print changes nothing, shows no password, and is what an administrator can run', async () => {
    const { code, out } = await runCommand(roles('--print'), { env });
    expect(code).toBe(0);
    expect(out).not.toContain("'s");
    expect(await query(database.url, `SELECT FROM pg_roles WHERE rolname = '${names.app}'`)).toEqual([]);
    await query(database.url, out);
    expect(await query(env['DATABASE_URL'] ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('says what is missing and leaves the database as it is', async () => {
    expect(await runCommand(['database', 'roles'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('DATABASE_MIGRATION_URL is unset'),
    });
    const empty = join(folder, 'empty');
    await writeFile(empty, '\n');
    expect(await runCommand(roles('--owner-password-file', empty), { env })).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds no password'),
    });
    expect(await runCommand(roles('--owner', 'Robert"; DROP'), { env })).toMatchObject({ code: 2 });
    expect(await query(database.url, `SELECT FROM pg_roles WHERE rolname = '${names.app}'`)).toEqual([]);
  });
});
