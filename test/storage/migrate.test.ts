import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { makeTempDir } from '../support/temp-dir.js';
import type { TestDatabase } from '../support/test-database.js';
import { createEmptyDatabase, createTestDatabase } from '../support/test-database.js';

const FIRST = 'CREATE TABLE one (n integer);\n';
/** A body with semicolons, which a splitting runner breaks. */
const SECOND = `CREATE FUNCTION two() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1;
  RETURN 2;
END;
$$;
INSERT INTO one VALUES (two());
`;

let folder: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = await makeTempDir();
  database = await createEmptyDatabase();
  await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
  await addMigration('20260101000000_first', FIRST);
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

async function run(): Promise<string[]> {
  return migrate(database.url, { folder, log: () => undefined });
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('migrate', () => {
  test('applies what is pending in order of the names and does nothing the second time', async () => {
    await addMigration('20260102000000_second', SECOND);
    expect(await run()).toEqual(['20260101000000_first', '20260102000000_second']);
    expect(await query('SELECT n FROM one')).toEqual([{ n: 2 }]);
    expect(await run()).toEqual([]);
    await addMigration('20260103000000_third', 'DELETE FROM one;');
    expect(await run()).toEqual(['20260103000000_third']);
    expect(await query('SELECT n FROM one')).toEqual([]);
  });

  test('logs each migration that it applies', async () => {
    const lines: string[] = [];
    await migrate(database.url, { folder, log: (line) => lines.push(line) });
    expect(lines).toEqual(['applied migration 20260101000000_first']);
  });

  test("keeps Prisma's bookkeeping", async () => {
    await run();
    const columns = await query(
      `SELECT column_name, data_type, character_maximum_length AS length, is_nullable, column_default
         FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
    );
    expect(columns.map((column) => Object.values(column))).toEqual([
      ['id', 'character varying', 36, 'NO', null],
      ['checksum', 'character varying', 64, 'NO', null],
      ['finished_at', 'timestamp with time zone', null, 'YES', null],
      ['migration_name', 'character varying', 255, 'NO', null],
      ['logs', 'text', null, 'YES', null],
      ['rolled_back_at', 'timestamp with time zone', null, 'YES', null],
      ['started_at', 'timestamp with time zone', null, 'NO', 'now()'],
      ['applied_steps_count', 'integer', null, 'NO', '0'],
    ]);
    expect(
      await query('SELECT *, finished_at >= started_at AS ordered FROM _prisma_migrations'),
    ).toMatchObject([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        checksum: createHash('sha256').update(FIRST).digest('hex'),
        migration_name: '20260101000000_first',
        logs: null,
        rolled_back_at: null,
        applied_steps_count: 1,
        ordered: true,
      },
    ]);
  });

  test('refuses a migration that was edited after it was applied', async () => {
    await run();
    await addMigration('20260101000000_first', `${FIRST}-- edited\n`);
    await expect(run()).rejects.toThrow('20260101000000_first was edited');
  });

  test('refuses a database that a newer version migrated', async () => {
    await addMigration('20260102000000_second', SECOND);
    await run();
    await rm(join(folder, '20260102000000_second'), { recursive: true });
    await expect(run()).rejects.toThrow('does not know (20260102000000_second)');
  });

  test('refuses a database where Prisma left a failed migration, and applies one that was resolved as rolled back', async () => {
    await run();
    await query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', '20260102000000_second')`,
    );
    await addMigration('20260102000000_second', SECOND);
    await expect(run()).rejects.toThrow('20260102000000_second failed in this database');
    await query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'`);
    expect(await run()).toEqual(['20260102000000_second']);
  });

  test('leaves nothing of a migration that fails half way, and keeps those before it', async () => {
    await addMigration('20260102000000_second', `${SECOND} SELECT 1 / 0;`);
    await expect(run()).rejects.toThrow(
      /20260102000000_second failed and left nothing behind.*division by zero/,
    );
    expect(await query('SELECT n FROM one')).toEqual([]);
    expect(await query(`SELECT FROM pg_proc WHERE proname = 'two'`)).toEqual([]);
    expect(await query('SELECT migration_name FROM _prisma_migrations')).toHaveLength(1);
    await addMigration('20260102000000_second', SECOND);
    expect(await run()).toEqual(['20260102000000_second']);
  });

  test('applies each migration once when several processes start at the same time', async () => {
    await addMigration('20260102000000_second', SECOND);
    const applied = await Promise.all([run(), run(), run(), run()]);
    expect(applied.flat().sort()).toEqual(['20260101000000_first', '20260102000000_second']);
    expect(await query('SELECT n FROM one')).toEqual([{ n: 2 }]);
  });

  test('needs no right to create tables where nothing is pending', async () => {
    await run();
    await query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE reader_of_migrations LOGIN PASSWORD 'reader';
      GRANT SELECT ON _prisma_migrations TO reader_of_migrations`);
    const url = new URL(database.url);
    url.username = 'reader_of_migrations';
    url.password = 'reader';
    expect(await migrate(url.href, { folder, log: () => undefined })).toEqual([]);
    await query('DROP OWNED BY reader_of_migrations; DROP ROLE reader_of_migrations');
  });
});

describe("the project's own migrations", () => {
  test('leave nothing pending in the databases of the tests', async () => {
    const own = await createTestDatabase();
    expect(await migrate(own.url, { log: () => undefined })).toEqual([]);
    await own.drop();
  });
});
