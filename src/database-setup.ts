import { loadConfig } from './config.js';
import { migrate } from './storage/postgres/migrate.js';
import { rolesSql, type Login } from './storage/postgres/roles-sql.js';
import { scramVerifier } from './storage/postgres/scram.js';
import { setUpRoles } from './storage/postgres/set-up-roles.js';

/** A role and, where it is to be set, its password. */
export interface RoleRequest {
  readonly name?: string | undefined;
  readonly password?: string | undefined;
}

export interface RolesRequest {
  /** As the service reads it (`config.ts`): DATABASE_MIGRATION_URL says where, DATABASE_URL which role is the service's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The role of DATABASE_MIGRATION_URL unless named. */
  readonly owner: RoleRequest;
  readonly reader: RoleRequest;
}

export interface RoleNames {
  readonly owner: string;
  readonly app: string;
  readonly reader: string;
}

const DEFAULT_NAMES = { app: 'ect_app', reader: 'ect_reader' } as const;

/**
 * Makes the database's roles, or gives those that are there their rights.
 *
 * @throws ConfigError, Error when there is no database of one's own, or whatever the database says
 */
export async function makeRoles(request: RolesRequest): Promise<RoleNames> {
  const { url, logins, names } = plan(request);
  await setUpRoles(url, logins);
  return names;
}

/** The same as SQL, for an administrator to read and run; passwords as what PostgreSQL keeps of them. */
export function printRoles(request: RolesRequest): string {
  return `BEGIN;\n\n${rolesSql(plan(request).logins)}\n\nCOMMIT;`;
}

/** Applies the migrations that are missing and returns their names. @throws as `makeRoles` */
export async function applyMigrations(
  environment: RolesRequest['environment'],
  log: (message: string) => void,
): Promise<readonly string[]> {
  return migrate(migrationUrlOf(environment), { log });
}

function plan({ environment, owner, reader }: RolesRequest) {
  const url = migrationUrlOf(environment);
  const { databaseUrl } = loadConfig(environment);
  const admin = decodeURIComponent(new URL(url).username);
  const service = databaseUrl === undefined || databaseUrl === url ? undefined : new URL(databaseUrl);
  const names: RoleNames = {
    owner: owner.name ?? admin,
    app: decodeURIComponent(service?.username ?? '') || DEFAULT_NAMES.app,
    reader: reader.name ?? DEFAULT_NAMES.reader,
  };
  const login = (name: string, password: string | undefined): Login =>
    password === undefined ? { name } : { name, verifier: scramVerifier(password) };
  const appPassword = decodeURIComponent(service?.password ?? '') || undefined;
  const logins = {
    owner: login(names.owner, owner.password),
    app: login(names.app, appPassword),
    reader: login(names.reader, reader.password),
  };
  return { url, logins, names };
}

function migrationUrlOf(environment: RolesRequest['environment']): string {
  const { databaseMigrationUrl } = loadConfig(environment);
  if (databaseMigrationUrl === undefined)
    throw new Error('DATABASE_MIGRATION_URL is unset; the embedded database sets its roles up by itself');
  return databaseMigrationUrl;
}
