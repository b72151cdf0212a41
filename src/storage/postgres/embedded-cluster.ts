import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, link, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './embedded-binaries.js';
import { copyBinaries, exists, hasCode, locateBinaries, renameOnce } from './embedded-binaries.js';
import type { SystemUser } from './embedded-user.js';
import { canEnter, canRun, databaseUser } from './embedded-user.js';

const run = promisify(execFile);

/** Receives one line of text for the operator. */
export type Log = (message: string) => void;

/** An initialised database cluster and all it takes to run it. */
export interface Cluster {
  readonly dataDir: string;
  /** PostgreSQL's own data directory. */
  readonly clusterDir: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly user: SystemUser | undefined;
  readonly superuser: string;
  readonly password: string;
}

const SUPERUSER = 'postgres';
/** Root's place for what the database's user must reach but cannot below a closed home directory. */
const SHARED_DIR = '/var/lib/ect-ledger';

/** Finds the cluster of a data directory, or initialises it on the first start. Safe against another first start at the same time. */
export async function ensureCluster(dataDir: string, log: Log): Promise<Cluster> {
  const directory = await ensureDataDir(dataDir);
  const existing = await findCluster(directory);
  const user = await databaseUser(existing);
  const password = await writeOnce(
    join(directory, 'postgres-password'),
    randomBytes(24).toString('base64url'),
  );
  const base = {
    dataDir: directory,
    logFile: join(directory, 'postgres.log'),
    binaries: await reachableBinaries(user, log),
    user,
    superuser: SUPERUSER,
    password,
  };
  return { ...base, clusterDir: existing ?? (await createCluster(base, log)) };
}

/** Whether a data directory has a cluster already. @throws Error when it is noted to be elsewhere and is not there */
export async function hasCluster(dataDir: string): Promise<boolean> {
  return (await exists(dataDir)) && (await findCluster(await realpath(dataDir))) !== undefined;
}

async function ensureDataDir(dataDir: string): Promise<string> {
  await mkdir(dirname(resolve(dataDir)), { recursive: true });
  const isNew = await makeOwnDirectory(dataDir);
  const directory = await realpath(dataDir);
  const user = isNew ? await databaseUser(undefined) : undefined;
  if (user !== undefined) {
    // Root's own, but the database's group may pass through.
    await chown(directory, 0, user.gid);
    await chmod(directory, 0o710);
  }
  return directory;
}

/** Returns whether it was missing; the mode of an existing one is the operator's choice. */
async function makeOwnDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
}

/** @throws Error when the cluster is noted to be elsewhere and is not there: starting empty would hide the loss */
async function findCluster(dataDir: string): Promise<string | undefined> {
  if (await exists(insideOf(dataDir))) return insideOf(dataDir);
  if (!(await exists(noteIn(dataDir)))) return undefined;
  const elsewhere = (await readFile(noteIn(dataDir), 'utf8')).trim();
  if (await exists(elsewhere)) return elsewhere;
  throw new Error(
    `the database of ${dataDir} was kept in ${elsewhere}, which is gone: restore it, or remove ${noteIn(dataDir)} to start empty`,
  );
}

function insideOf(dataDir: string): string {
  return join(dataDir, 'postgres');
}

function noteIn(dataDir: string): string {
  return join(dataDir, 'postgres-location');
}

async function reachableBinaries(user: SystemUser | undefined, log: Log): Promise<Binaries> {
  const binaries = await locateBinaries();
  if (user === undefined) return binaries;
  const templates = join(binaries.root, 'share', 'postgresql', 'postgres.bki');
  const usable =
    (await canRun(user, binaries.postgres, ['--version'])) && (await canRun(user, 'test', ['-r', templates]));
  if (usable) return binaries;
  await ensureSharedDir();
  const target = join(SHARED_DIR, `postgresql-${binaries.version}`);
  log(`the database's user cannot enter ${binaries.root}: running PostgreSQL from ${target}`);
  return copyBinaries(binaries, target);
}

async function ensureSharedDir(): Promise<void> {
  await mkdir(SHARED_DIR, { recursive: true });
  // Whatever the umask was.
  await chmod(SHARED_DIR, 0o755);
}

type Uninitialised = Omit<Cluster, 'clusterDir'>;

async function createCluster(base: Uninitialised, log: Log): Promise<string> {
  const { dataDir, user } = base;
  log(`creating the embedded PostgreSQL ${base.binaries.version} database in ${dataDir}`);
  if (user === undefined || (await canEnter(user, dataDir))) {
    await initialise(base, dataDir, insideOf(dataDir));
    return insideOf(dataDir);
  }
  await ensureSharedDir();
  const elsewhere = join(SHARED_DIR, randomUUID());
  await initialise(base, SHARED_DIR, elsewhere);
  const noted = await writeOnce(noteIn(dataDir), elsewhere);
  if (noted !== elsewhere) await rm(elsewhere, { recursive: true });
  log(`the database's user cannot enter ${dataDir}: its files are in ${noted}`);
  return noted;
}

/** Runs initdb beside `target` and renames the finished cluster, so that a half-made one is never found there. */
async function initialise(base: Uninitialised, parent: string, target: string): Promise<void> {
  const workDir = await mkdtemp(join(parent, 'initdb-'));
  const passwordFile = join(workDir, 'password');
  const unfinished = join(workDir, 'cluster');
  try {
    await writeFile(passwordFile, base.password, { mode: 0o600 });
    if (base.user !== undefined) {
      await chown(workDir, base.user.uid, base.user.gid);
      await chown(passwordFile, base.user.uid, base.user.gid);
    }
    const places = [`--pgdata=${unfinished}`, `--pwfile=${passwordFile}`, `--username=${base.superuser}`];
    const settings = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--data-checksums'];
    await run(base.binaries.initdb, [...places, ...settings], { ...base.user, cwd: workDir });
    await renameOnce(unfinished, target);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Writes a file of mode 0600 unless it exists, atomically, and returns what it holds now. */
async function writeOnce(path: string, content: string): Promise<string> {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    if (await exists(path)) return await readFile(path, 'utf8');
    await writeFile(unfinished, content, { mode: 0o600, flush: true });
    await link(unfinished, path);
    return content;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return await readFile(path, 'utf8');
  } finally {
    await rm(unfinished, { force: true });
  }
}
