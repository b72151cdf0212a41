import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the PostgreSQL processes run as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

const USER = 'postgres';

/**
 * The user to run PostgreSQL as: `undefined` means this process's own. PostgreSQL refuses to run as root, so root lends it to the owner
 * of the existing cluster or to the user `postgres`, creating that one where it is missing.
 */
export async function databaseUser(clusterDir: string | undefined): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (clusterDir !== undefined) {
    const { uid, gid } = await stat(clusterDir);
    if (uid !== 0) return { uid, gid };
  }
  return (await lookUp()) ?? create();
}

/** Whether `user` can run a program; tried rather than computed, so that access lists and missing libraries count too. */
export async function canRun(user: SystemUser, program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Whether `user` can pass through a directory and every directory above it. */
export async function canEnter(user: SystemUser, directory: string): Promise<boolean> {
  return canRun(user, 'test', ['-x', directory]);
}

async function lookUp(): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<SystemUser> {
  try {
    // Fails when the group exists; then the user joins that one.
    await run('groupadd', ['--system', USER]).catch(() => undefined);
    await run('useradd', ['--system', '--gid', USER, '--no-create-home', '--shell', '/bin/false', USER]);
  } catch (cause) {
    throw new Error(
      `PostgreSQL refuses to run as root, and the user "${USER}" to run it as could not be created: ` +
        'create that user, start ect-ledger as an ordinary user, or set DATABASE_URL',
      { cause },
    );
  }
  // Two first starts at once may both have tried: whoever made it, it is there now.
  const created = await lookUp();
  if (created === undefined) throw new Error(`the user "${USER}" was created but cannot be found`);
  return created;
}
