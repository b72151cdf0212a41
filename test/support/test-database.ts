import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of one test's own, migrated and empty. */
export interface TestDatabase {
  readonly url: string;
  /** Also ends the connections that are still open. */
  drop(): Promise<void>;
}

/** Environment variable by which the global set-up names the server to the tests' processes. */
export const ADMIN_URL = 'TEST_DATABASE_ADMIN_URL';
export const TEMPLATE = 'ect_test_template';

export async function createTestDatabase(): Promise<TestDatabase> {
  return createFrom(TEMPLATE);
}

/** For tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createFrom('template0');
}

/** A database with the same content; nobody may be connected to the original meanwhile. */
export async function copyTestDatabase({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> {
  return createFrom(new URL(url).pathname.slice(1));
}

/** The same server's URL for another database. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function createFrom(template: string): Promise<TestDatabase> {
  const name = `ect_test_${randomBytes(8).toString('hex')}`;
  await execute(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: databaseUrl(adminUrl(), name),
    drop: () => execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function adminUrl(): string {
  const url = process.env[ADMIN_URL];
  if (url === undefined) throw new Error(`${ADMIN_URL} is unset: was the global set-up skipped?`);
  return url;
}

async function execute(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
