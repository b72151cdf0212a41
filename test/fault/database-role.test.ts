import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { createRoleDatabase, PASSWORD, query, type RoleDatabase, urlFor } from '../support/database-roles.js';
import { Installation } from '../support/installation.js';
import { runService } from '../support/spawned-service.js';
import { makeTempDir } from '../support/temp-dir.js';

const SILENT = { log: () => undefined };

let installation: Installation;

beforeEach(async () => {
  installation = await Installation.prepare();
});

afterEach(() => installation.remove(), 60_000);

interface Ready {
  readonly checks: { readonly database: { readonly status: string; readonly detail: string } };
}

async function readiness(): Promise<{
  readonly status: number;
  readonly database: Ready['checks']['database'];
}> {
  const { status, body } = await installation.current.client.get<Ready>('/health/ready');
  return { status, database: body.checks.database };
}

describe('in production', () => {
  let database: RoleDatabase;

  beforeAll(async () => {
    database = await createRoleDatabase();
  });

  afterAll(() => database.drop());

  test('the service refuses to run as a superuser or as the owner, says why and what to do', async () => {
    for (const [url, why] of [
      [database.url, 'is a superuser'],
      [database.urlAs('owner'), 'owns the tables'],
    ] as const) {
      const environment = { ...installation.environment, DATABASE_URL: url, NODE_ENV: 'production' };
      const { code, output } = await runService(environment);
      expect(code).toBe(78);
      expect(output).toContain(why);
      expect(output).toContain('ect-ledger database roles');
      expect(output).not.toContain(encodeURIComponent(PASSWORD));
    }
  }, 60_000);

  test('it runs as a role that inserts and reads, with passwords from files, and says so', async () => {
    const file = join(await makeTempDir(), 'password');
    await writeFile(file, `${PASSWORD}\n`);
    const { client } = await installation.start({
      NODE_ENV: 'production',
      DATABASE_URL: urlFor(database.url, database.names.app, ''),
      DATABASE_PASSWORD_FILE: file,
      DATABASE_MIGRATION_URL: urlFor(database.url, database.names.owner, ''),
      DATABASE_MIGRATION_PASSWORD_FILE: file,
    });
    await client.recorded(await installation.cast.a.sign());
    expect(await readiness()).toEqual({
      status: 200,
      database: {
        status: 'ok',
        detail: `the role ${database.names.app} inserts and reads only; every table refuses changes`,
      },
    });
    await query(database.url, `GRANT UPDATE ON entry TO ${database.names.app}`);
    expect(await readiness()).toMatchObject({
      status: 503,
      database: { status: 'error', detail: `the role ${database.names.app} may change or delete: entry` },
    });
    await query(database.url, `REVOKE UPDATE ON entry FROM ${database.names.app}`);
    await query(database.urlAs('owner'), 'ALTER TABLE leaf DISABLE TRIGGER append_only_table');
    expect(await readiness()).toMatchObject({
      status: 503,
      database: {
        status: 'error',
        detail: 'the triggers that refuse changes are not in force on: leaf',
      },
    });
  }, 60_000);

  test('the embedded database has such a role by itself', async () => {
    const { client } = await installation.start({ NODE_ENV: 'production' });
    await client.recorded(await installation.cast.a.sign());
    expect(await readiness()).toMatchObject({
      status: 200,
      database: { detail: 'the role ect_app inserts and reads only; every table refuses changes' },
    });
  }, 60_000);
});

test('elsewhere the service says that its role may do more than it should, and runs', async () => {
  const database = await createRoleDatabase();
  const { client, output, send, ended } = await installation.start({ DATABASE_URL: database.url });
  await client.recorded(await installation.cast.a.sign());
  expect(output()).toContain('is a superuser: nothing in the database keeps it from changing the ledger');
  expect(await readiness()).toMatchObject({
    status: 200,
    database: { status: 'ok', detail: expect.stringContaining('is a superuser') },
  });
  send('SIGTERM');
  await ended;
  await database.drop();
}, 60_000);

test('an embedded database from before there were roles is upgraded in place', async () => {
  const { dataDir } = installation;
  const server = await startEmbeddedServer({ dataDir, ...SILENT });
  // As the version before left it: everything is the superuser's.
  for (const role of ['ect_app', 'ect_reader', 'ect_owner'])
    for (const what of ['OWNED BY', 'ROLE']) await query(server.url, `DROP ${what} ${role}`);
  await migrate(server.url, SILENT);
  await query(server.url, `INSERT INTO verification_key ("log", "jkt", "jwk") VALUES (0, 'kept', '{}')`);
  await server.stop();

  const { client } = await installation.start({ NODE_ENV: 'production' });
  await client.recorded(await installation.cast.a.sign());
  expect(await readiness()).toMatchObject({ status: 200, database: { status: 'ok' } });
  installation.current.send('SIGTERM');
  expect(await installation.current.ended).toEqual({ code: 0, signal: null });

  const again = await startEmbeddedServer({ dataDir, ...SILENT });
  const owners = await query<{ owner: string }>(
    again.urlAs('reader'),
    "SELECT DISTINCT tableowner AS owner FROM pg_tables WHERE schemaname = 'public'",
  );
  expect(owners).toEqual([{ owner: 'ect_owner' }]);
  expect(
    await query(again.urlAs('reader'), "SELECT jkt FROM verification_key WHERE jkt = 'kept'"),
  ).toHaveLength(1);
  await again.stop();
}, 120_000);
