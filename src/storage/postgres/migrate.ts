import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Log } from './embedded-cluster.js';
import { GRANT_RIGHTS } from './roles-sql.js';

export interface MigrateOptions {
  readonly log: Log;
  /** Folder with one folder per migration; the package's own by default. */
  readonly folder?: string;
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex, as Prisma computes it. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** The same depth below `src` and below `dist`. */
const MIGRATIONS = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const OLDEST_SERVER = 15;
/** The key of Prisma's own advisory lock, so that `prisma migrate deploy` and this runner exclude each other. */
export const MIGRATION_LOCK = 72_707_369;
/** As Prisma creates it. */
const CREATE_BOOKKEEPING = `CREATE TABLE _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Brings a database up to this version's schema and returns the names of the migrations it applied. The roles that were set up get their rights
 * on what is new. Keeps Prisma's bookkeeping, so that `prisma migrate status` and `deploy` agree with it. Runs of several processes wait for
 * each other.
 *
 * @throws Error when the server is older than PostgreSQL 15, when an applied migration was edited, failed or is unknown to this version,
 *   or when a migration fails, which then leaves nothing behind
 */
export async function migrate(url: string, options: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(options.folder ?? MIGRATIONS);
  const client = new pg.Client({ connectionString: url });
  // A lost connection also fails the statement that is waiting for it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await requireSupportedServer(client);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const pending = await findPending(client, migrations);
    for (const migration of pending) {
      await apply(client, migration);
      options.log(`applied migration ${migration.name}`);
    }
    await client.query(GRANT_RIGHTS);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

async function requireSupportedServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  const version = rows[0]?.server_version ?? '';
  if (Number.parseInt(version, 10) >= OLDEST_SERVER) return;
  throw new Error(
    `PostgreSQL ${version} is too old: ect-ledger needs PostgreSQL ${String(OLDEST_SERVER)} or newer`,
  );
}

async function findPending(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = new Map((await readApplied(client)).map((row) => [row.migration_name, row]));
  for (const { name, checksum } of migrations) requireUntouched(applied.get(name), checksum);
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...applied.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Error(
      `the database has migrations that this version does not know (${unknown.join(', ')}): run a newer version`,
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  // Asked first, because a role that may not create tables can still start on a migrated database.
  const found = await client.query("SELECT WHERE to_regclass('_prisma_migrations') IS NOT NULL");
  if (found.rowCount === 0) await client.query(CREATE_BOOKKEEPING);
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

function requireUntouched(applied: AppliedMigration | undefined, checksum: string): void {
  if (applied === undefined) return;
  const name = applied.migration_name;
  if (!applied.finished) {
    throw new Error(
      `migration ${name} failed in this database: repair it, then use "prisma migrate resolve"`,
    );
  }
  if (applied.checksum !== checksum) {
    throw new Error(`migration ${name} was edited after it was applied to this database: restore its file`);
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  try {
    await client.query('BEGIN');
    await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [
      id,
      checksum,
      name,
    ]);
    // Whole, in the simple protocol: a PL/pgSQL body has semicolons of its own.
    await client.query(sql);
    // clock_timestamp() moves within a transaction, now() does not.
    await client.query(
      'UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1',
      [id],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new Error(`migration ${name} failed and left nothing behind: ${String(cause)}`, { cause });
  }
}
