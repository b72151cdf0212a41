import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { inspectRights, type Rights } from '../../src/storage/postgres/inspect-rights.js';
import {
  APPEND_ONLY_TABLES,
  MIGRATIONS_TABLE,
  PASSING_TABLES,
} from '../../src/storage/postgres/ledger-tables.js';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { PostgresReplayStore } from '../../src/storage/postgres/postgres-replay-store.js';
import { rolesSql } from '../../src/storage/postgres/roles-sql.js';
import { setUpRoles } from '../../src/storage/postgres/set-up-roles.js';
import { createRoleDatabase, query, type RoleDatabase } from '../support/database-roles.js';
import { createTestDatabase } from '../support/test-database.js';
import { deepVerify, LogFiles, openStore, token, verified } from '../tamper/ledger.js';

const DENIED = { code: '42501' };
const SILENT = { log: () => undefined };

describe('the roles of a database', () => {
  let database: RoleDatabase;
  let files: LogFiles;

  beforeAll(async () => {
    database = await createRoleDatabase();
    files = await LogFiles.create();
    const store = openStore(database.urlAs('app'), await files.sealer());
    const [parent, child] = [randomUUID(), randomUUID()];
    await store.append([[await verified(token({ jti: parent }))]]);
    const outcomes = await store.append([[await verified(token({ jti: child, par: [parent] }))]]);
    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(['recorded']);
    expect(await store.size()).toBe(3);
    await store.close();
  });

  afterAll(async () => {
    await database.drop();
    await files.remove();
  });

  test('know every table that there is', async () => {
    const rows = await query<{ name: string }>(
      database.url,
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1",
    );
    const known = [...APPEND_ONLY_TABLES, ...PASSING_TABLES, MIGRATIONS_TABLE];
    expect(rows.map(({ name }) => name)).toEqual([...known].sort());
  });

  test.each(APPEND_ONLY_TABLES)('%s can only grow: by the service, for nobody else', async (table) => {
    for (const role of ['app', 'reader'] as const) {
      for (const sql of changesOf(table))
        expect([role, sql, await codeOfSql(database.urlAs(role), sql)]).toEqual([role, sql, '42501']);
    }
    const copy = `INSERT INTO "${table}" SELECT * FROM "${table}"`;
    expect(await codeOfSql(database.urlAs('reader'), copy)).toBe('42501');
    expect(await codeOfSql(database.urlAs('owner'), `TRUNCATE "${table}"`)).toBe('23001');
  });

  test.each([
    'CREATE TABLE mine (n integer)',
    'CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    'DROP FUNCTION refuse_change()',
    'DROP SCHEMA public CASCADE',
    "SET session_replication_role = 'replica'",
    'CREATE ROLE mine',
    "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', 'x')",
    'UPDATE _prisma_migrations SET rolled_back_at = now()',
    'DELETE FROM _prisma_migrations',
    'TRUNCATE replay',
    'DROP TABLE replay',
  ])('the service may not: %s', async (sql) => {
    await expect(query(database.urlAs('app'), sql)).rejects.toMatchObject(DENIED);
  });

  test('the service may not become the owner', async () => {
    await expect(query(database.urlAs('app'), `SET ROLE ${database.names.owner}`)).rejects.toMatchObject(
      DENIED,
    );
  });

  test('the service detects replays, and cleans up after them; the reader sees nothing of it', async () => {
    const store = new PostgresReplayStore(database.urlAs('app'), (error) => {
      console.error(error);
    });
    const seen = { jti: randomUUID(), scope: undefined };
    expect(await store.see(seen, 900)).toBeUndefined();
    expect(await store.see(seen, 900)).toEqual(expect.any(Number));
    await query(database.urlAs('app'), 'UPDATE replay SET expires_at_ms = 1');
    expect(await store.see(seen, 900)).toBeUndefined();
    await query(database.urlAs('app'), 'UPDATE replay SET expires_at_ms = 1');
    expect(await store.forget(10)).toBe(1);
    await store.close();
    await expect(query(database.urlAs('reader'), 'SELECT FROM replay')).rejects.toMatchObject(DENIED);
  });

  test('the reader can verify everything', async () => {
    expect(await deepVerify(database.urlAs('reader'), files)).toMatchObject({ size: 3, found: 0 });
  });

  test('the service starts on a migrated database without the owner', async () => {
    expect(await migrate(database.urlAs('app'), SILENT)).toEqual([]);
  });
});

describe('setting roles up', () => {
  test('before the first migration gives them their rights on what migrations make', async () => {
    const database = await createRoleDatabase({ isEmpty: true });
    expect(await migrate(database.urlAs('owner'), SILENT)).not.toEqual([]);
    expect(await rightsOf(database.urlAs('app'))).toMatchObject({ excess: undefined, unguarded: [] });
    await expectExactRights(database);
    await database.drop();
  });

  test('on a database of a single role hands its tables over, and may be repeated', async () => {
    const database = await createRoleDatabase();
    await expectExactRights(database);
    const { owner, app, reader } = database.names;
    // Rights that somebody gave by hand go.
    await query(
      database.url,
      `GRANT UPDATE ON entry TO ${app}; GRANT SELECT ON replay TO ${reader}; GRANT CREATE ON SCHEMA public TO ${app}`,
    );
    const logins = { owner: { name: owner }, app: { name: app }, reader: { name: reader } };
    await setUpRoles(database.url, logins);
    await setUpRoles(database.urlAs('owner'), logins);
    await expectExactRights(database);
    expect(await rightsOf(database.urlAs('app'))).toMatchObject({ excess: undefined });
    await expect(query(database.urlAs('app'), 'CREATE TABLE mine (n integer)')).rejects.toMatchObject(DENIED);
    await database.drop();
  });

  test('by the printed script does the same', async () => {
    const database = await createRoleDatabase();
    const other = await createTestDatabase();
    const { owner, app, reader } = database.names;
    await query(
      other.url,
      rolesSql({ owner: { name: owner }, app: { name: app }, reader: { name: reader } }),
    );
    await expectExactRights({ ...database, url: other.url });
    await other.drop();
    await database.drop();
  });

  test('leaves other tables and other roles alone', async () => {
    const database = await createRoleDatabase();
    const { owner, app, reader } = database.names;
    await query(database.url, `CREATE TABLE foreign_one (n integer); GRANT SELECT ON entry TO PUBLIC`);
    await setUpRoles(database.url, { owner: { name: owner }, app: { name: app }, reader: { name: reader } });
    const [row] = await query<{ isOurs: boolean }>(
      database.url,
      `SELECT relowner = '${owner}'::regrole AS "isOurs" FROM pg_class WHERE relname = 'foreign_one'`,
    );
    expect(row).toEqual({ isOurs: false });
    await expect(query(database.urlAs('app'), 'SELECT FROM foreign_one')).rejects.toMatchObject(DENIED);
    await database.drop();
  });

  test('refuses one role for two jobs, a superuser, and whoever may not', async () => {
    const database = await createRoleDatabase();
    const { owner, app, reader } = database.names;
    const [o, a, r] = [{ name: owner }, { name: app }, { name: reader }];
    await expect(setUpRoles(database.url, { owner: o, app: a, reader: a })).rejects.toThrow(
      'three different roles',
    );
    const superuser = decodeURIComponent(new URL(database.url).username);
    await expect(setUpRoles(database.url, { owner: o, app: { name: superuser }, reader: r })).rejects.toThrow(
      `${superuser} is a superuser`,
    );
    await expect(
      setUpRoles(database.urlAs('app'), { owner: a, app: { name: `${app}_x` }, reader: r }),
    ).rejects.toMatchObject(DENIED);
    await database.drop();
  });
});

describe('the catalog', () => {
  let database: RoleDatabase;
  let app: string;

  beforeAll(async () => {
    database = await createRoleDatabase();
    app = database.names.app;
  });

  afterAll(() => database.drop());

  test('clears a role that inserts and reads only', async () => {
    expect(await rightsOf(database.urlAs('app'))).toEqual({ role: app, excess: undefined, unguarded: [] });
    expect(await rightsOf(database.urlAs('reader'))).toMatchObject({ excess: undefined, unguarded: [] });
  });

  test('tells of a superuser, of the owner, and of who can become the owner', async () => {
    expect(await rightsOf(database.url)).toMatchObject({ excess: expect.stringContaining('superuser') });
    expect(await rightsOf(database.urlAs('owner'))).toMatchObject({
      excess: expect.stringContaining('owns the tables'),
    });
    await query(database.url, `GRANT ${database.names.owner} TO ${app}`);
    expect(await rightsOf(database.urlAs('app'))).toMatchObject({
      excess: expect.stringContaining('owns the tables'),
    });
    await query(database.url, `REVOKE ${database.names.owner} FROM ${app}`);
  });

  test('tells of who can drop what is in the schema', async () => {
    await query(database.url, `ALTER SCHEMA public OWNER TO ${app}`);
    expect(await rightsOf(database.urlAs('app'))).toMatchObject({
      excess: expect.stringContaining('owns the tables'),
    });
    await query(database.url, 'ALTER SCHEMA public OWNER TO pg_database_owner');
  });

  test.each([
    ['UPDATE ON leaf', 'leaf'],
    ['UPDATE ("note") ON checkpoint', 'checkpoint'],
    ['DELETE ON entry', 'entry'],
    ['TRUNCATE ON edge', 'edge'],
    ['TRIGGER ON token', 'token'],
  ])('tells of a right too many: %s', async (right, table) => {
    await query(database.url, `GRANT ${right} TO ${app}`);
    expect((await rightsOf(database.urlAs('app'))).excess).toBe(
      `the role ${app} may change or delete: ${table}`,
    );
    await query(database.url, `REVOKE ${right} FROM ${app}`);
    expect((await rightsOf(database.urlAs('app'))).excess).toBeUndefined();
  });

  test.each([
    ['disabled', 'ALTER TABLE leaf DISABLE TRIGGER append_only_rows', 'leaf'],
    ['not in force for replicas', 'ALTER TABLE entry ENABLE TRIGGER append_only_table', 'entry'],
    ['gone', 'DROP TRIGGER append_only_rows ON token', 'token'],
    [
      'of a function that does nothing',
      `CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
       DROP TRIGGER append_only_rows ON edge;
       CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON edge FOR EACH ROW EXECUTE FUNCTION harmless();
       ALTER TABLE edge ENABLE ALWAYS TRIGGER append_only_rows`,
      'edge',
    ],
    [
      'for some rows only',
      `DROP TRIGGER append_only_rows ON checkpoint;
       CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW WHEN (OLD.size > 5) EXECUTE FUNCTION refuse_change();
       ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER append_only_rows`,
      'checkpoint',
    ],
    ['of a table that is gone', 'DROP TABLE key_revocation', 'key_revocation'],
  ])('tells of a trigger that is %s', async (_name, sql, table) => {
    const before = (await rightsOf(database.urlAs('app'))).unguarded;
    await query(database.urlAs('owner'), sql);
    expect((await rightsOf(database.urlAs('app'))).unguarded).toEqual(
      APPEND_ONLY_TABLES.filter((name) => name === table || before.includes(name)),
    );
  });
});

async function rightsOf(url: string): Promise<Rights> {
  return inspectRights((sql, values) => query(url, bind(typeof sql === 'string' ? sql : sql.text, values)));
}

/** Everything that is not adding a row. */
function changesOf(table: string): readonly string[] {
  return [
    `UPDATE "${table}" SET "log" = "log"`,
    `DELETE FROM "${table}"`,
    `TRUNCATE "${table}"`,
    `TRUNCATE "${table}" CASCADE`,
    `SELECT FROM "${table}" FOR UPDATE`,
    `SELECT FROM "${table}" FOR KEY SHARE`,
    `BEGIN; LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`,
    `ALTER TABLE "${table}" DISABLE TRIGGER ALL`,
    `ALTER TABLE "${table}" DISABLE TRIGGER append_only_rows`,
    `ALTER TABLE "${table}" RENAME TO "x"`,
    `DROP TRIGGER append_only_rows ON "${table}"`,
    `CREATE TRIGGER mine BEFORE INSERT ON "${table}" FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
    `DROP TABLE "${table}"`,
    `MERGE INTO "${table}" t USING (VALUES (1)) v ON true WHEN MATCHED THEN DELETE`,
    `COPY "${table}" FROM PROGRAM 'true'`,
  ];
}

/** What PostgreSQL answers; '00000' when it does as it is told. */
async function codeOfSql(url: string, sql: string): Promise<string> {
  return query(url, sql).then(
    () => '00000',
    (error: unknown) => String((error as { readonly code?: string }).code),
  );
}

/** The one parameter is a list of names. */
function bind(sql: string, [names]: readonly unknown[]): string {
  return sql.replace('$1', `'{${(names as readonly string[]).join(',')}}'`);
}

/** Each role's rights on each table as the catalog has them. */
async function expectExactRights({ url, names }: Pick<RoleDatabase, 'url' | 'names'>): Promise<void> {
  const rows = await query<{ table: string; role: string; rights: string }>(
    url,
    `SELECT c.relname AS "table", a.grantee::regrole::text AS "role", string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type) AS "rights"
       FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.grantee <> c.relowner GROUP BY 1, 2`,
  );
  const expected = [
    ...APPEND_ONLY_TABLES.flatMap((table) => [
      { table, role: names.app, rights: 'INSERT SELECT' },
      { table, role: names.reader, rights: 'SELECT' },
    ]),
    { table: 'replay', role: names.app, rights: 'DELETE INSERT SELECT UPDATE' },
    { table: MIGRATIONS_TABLE, role: names.app, rights: 'SELECT' },
    { table: MIGRATIONS_TABLE, role: names.reader, rights: 'SELECT' },
  ];
  const sorted = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).sort();
  expect(sorted(rows)).toEqual(sorted(expected));
  const owners = await query<{ owner: string }>(
    url,
    "SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')",
  );
  expect(owners).toEqual([{ owner: names.owner }]);
}
