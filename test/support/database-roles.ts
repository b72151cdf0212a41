import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { setUpRoles } from '../../src/storage/postgres/set-up-roles.js';
import { scramVerifier } from '../../src/storage/postgres/scram.js';
import { createEmptyDatabase, createTestDatabase, databaseUrl } from './test-database.js';

/** A database with the roles of production, which belong to the server as a whole and so have names of their own. */
export interface RoleDatabase {
  /** As the server's superuser. */
  readonly url: string;
  readonly names: { readonly owner: string; readonly app: string; readonly reader: string };
  urlAs(role: 'owner' | 'app' | 'reader'): string;
  drop(): Promise<void>;
}

/** A password with what URLs and SQL would stumble over. */
export const PASSWORD = `p'"\\ %&/:@#?${randomBytes(4).toString('hex')}`;

/** @param isEmpty without tables, as before the first migration */
export async function createRoleDatabase({ isEmpty = false } = {}): Promise<RoleDatabase> {
  const database = await (isEmpty ? createEmptyDatabase() : createTestDatabase());
  const suffix = randomBytes(6).toString('hex');
  const names = { owner: `t_owner_${suffix}`, app: `t_app_${suffix}`, reader: `t_reader_${suffix}` };
  const login = (name: string) => ({ name, verifier: scramVerifier(PASSWORD) });
  await setUpRoles(database.url, {
    owner: login(names.owner),
    app: login(names.app),
    reader: login(names.reader),
  });
  return {
    url: database.url,
    names,
    urlAs: (role) => urlFor(database.url, names[role]),
    drop: async () => {
      await database.drop();
      await query(databaseUrl(database.url, 'postgres'), `DROP ROLE ${Object.values(names).join(', ')}`);
    },
  };
}

/** The same database's URL for another role. */
export function urlFor(url: string, name: string, password = PASSWORD): string {
  const other = new URL(url);
  other.username = name;
  other.password = encodeURIComponent(password);
  return other.href;
}

export async function query<Row extends object>(
  url: string,
  sql: string,
): Promise<readonly (Row & Record<string, unknown>)[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row & Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
