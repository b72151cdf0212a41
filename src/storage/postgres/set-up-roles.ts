import pg from 'pg';
import { MIGRATION_LOCK } from './migrate.js';
import { rolesSql, type Logins } from './roles-sql.js';

/**
 * Makes the roles of a database and gives them their rights, all or nothing. Waits for migrations that run.
 *
 * @param url of a role that may create roles; or of the owner, where all three exist
 * @throws Error when the role of `url` may not do that, or a role that should be an ordinary one is a superuser
 */
export async function setUpRoles(url: string, logins: Logins): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A lost connection also fails the statement that is waiting for it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseSuperusers(client, logins);
    await client.query(`BEGIN;\n${rolesSql(logins)}\nCOMMIT`);
  } finally {
    await client.end();
  }
}

async function refuseSuperusers(client: pg.Client, logins: Logins): Promise<void> {
  const names = Object.values(logins).map(({ name }: Logins['app']) => name);
  if (new Set(names).size < names.length)
    throw new Error('owner, app and reader must be three different roles');
  const { rows } = await client.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1) AND rolsuper',
    [names],
  );
  if (rows.length > 0)
    throw new Error(`${rows.map(({ name }) => name).join(', ')} is a superuser: choose an ordinary role`);
}
