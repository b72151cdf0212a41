import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { Failure, fileFailure, messageOf } from '../failure.js';
import { examples, flowing } from '../options.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';

interface RolesOptions {
  readonly owner?: string;
  readonly ownerPasswordFile?: string;
  readonly reader?: string;
  readonly readerPasswordFile?: string;
  readonly print?: true;
}

const ROLES_DESCRIPTION = flowing(`
Make the roles of a PostgreSQL of your own: an owner that migrates, the service's that inserts and reads, and a reader for audits.

Connects with DATABASE_MIGRATION_URL: as a role that may create roles, or as the owner where the roles exist. The service's role and its
password are those of DATABASE_URL. May be run again at any time; a role without a password here keeps the one that it has.`);

/** `ect-ledger database`: what is done to a database before the service runs on it. */
export function addDatabase(program: Command, shell: Shell): void {
  const database = program
    .command('database')
    .description('prepare a PostgreSQL of your own for the service');
  database
    .command('roles')
    .summary('make the roles and give them their rights')
    .description(ROLES_DESCRIPTION)
    .option('--owner <role>', 'role that is to own the tables; the one that connects unless named', roleName)
    .option('--owner-password-file <file>', "file with the owner's password")
    .option('--reader <role>', 'role for audits; ect_reader unless named', roleName)
    .option('--reader-password-file <file>', "file with the reader's password")
    .option('--print', 'print the SQL for your administrator instead of running it')
    .addHelpText(
      'after',
      examples(
        'ect-ledger database roles --owner ect_owner --owner-password-file owner.txt --reader-password-file reader.txt',
        'ect-ledger database roles --print > roles.sql',
      ),
    )
    .action((options: RolesOptions) => makeRoles(options, shell));
  database
    .command('migrate')
    .description(
      'bring the tables up to this version, as the owner in DATABASE_MIGRATION_URL; the service does so at its start too',
    )
    .action(() => migrate(shell));
}

async function makeRoles(options: RolesOptions, { env: environment, terminal }: Shell): Promise<void> {
  const request = {
    environment,
    owner: { name: options.owner, password: await password(options.ownerPasswordFile) },
    reader: { name: options.reader, password: await password(options.readerPasswordFile) },
  };
  // Loaded when asked for: other commands need no database.
  const setup = await import('../../database-setup.js');
  if (options.print) {
    for (const line of (await attempt(() => setup.printRoles(request))).split('\n'))
      await terminal.print(line);
    return;
  }
  const { owner, app, reader } = await attempt(() => setup.makeRoles(request));
  await terminal.print(styled('green', owner), ' owns the tables and migrates (DATABASE_MIGRATION_URL)');
  await terminal.print(styled('green', app), ' inserts and reads (DATABASE_URL of the service)');
  await terminal.print(styled('green', reader), ' reads (DATABASE_URL for ect-ledger verify --deep)');
}

async function migrate({ env, terminal }: Shell): Promise<void> {
  const setup = await import('../../database-setup.js');
  const applied = await attempt(() => setup.applyMigrations(env, (line) => void terminal.note(line)));
  await terminal.print(applied.length === 0 ? 'nothing to do' : `${applied.length} migrations applied`);
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new Failure(
      `the database was left as it is: ${messageOf(error)}`,
      'DATABASE_MIGRATION_URL must name a role that may do this; --print shows the SQL for somebody else to run',
      { cause: error },
    );
  }
}

async function password(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileFailure(`cannot read ${file}`, error);
  });
  // Other characters would need SASLprep (RFC 4013).
  if (/^[\x20-\x7e]+$/.test(text.trim())) return text.trim();
  throw new Failure(`${file} holds no password`, 'write one of printable ASCII characters, on one line');
}

function roleName(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a role name: lower case letters, digits, underscores.');
}
