import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './embedded-cluster.js';
import type { Postmaster } from './embedded-postmaster.js';
import {
  findPostmaster,
  freePort,
  lastLogLines,
  spawnPostmaster,
  stopPostmaster,
} from './embedded-postmaster.js';

/** A server that this process owns, and the connection whose session holds the lock that says so. */
export interface Ownership {
  readonly postmaster: Postmaster;
  readonly lock: pg.Client;
}

/** Thrown when another live process owns the data directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';

  constructor(dataDir: string) {
    super(
      `another ect-ledger is already running on this data directory (${dataDir}): stop it, or give this one a DATA_DIR of its own`,
    );
  }
}

/** The server left while it was starting, for a reason that passes by itself. */
class TransientStartError extends Error {}

/** Key of the session lock in the database `postgres`: "ect" in ASCII. */
const OWNER_LOCK = 0x656374;
/** How long what a crash left behind may take to disappear. */
const START_TIMEOUT_MS = 30_000;
/** Crash recovery of a large log takes its time; the server answers "starting up" meanwhile. */
const READY_TIMEOUT_MS = 300_000;
/** A crashed owner's lock is gone as soon as the server notices its closed connection. */
const LOCK_TIMEOUT_MS = 1_000;
const POLL_MS = 25;
/** Reasons in PostgreSQL's log: another start won or took ours for an orphan, a killed server's children still leave, the port is taken. */
const TRANSIENT =
  /lock file "postmaster\.pid"|pre-existing shared memory block|could not bind|Address already in use|received fast shutdown/;

/**
 * Starts the server and becomes its owner; a server whose owner crashed is stopped first. Of several processes that try at the same
 * time one wins.
 *
 * @param port without one a free port is chosen
 * @throws AlreadyRunningError when another process owns it
 */
export async function takeOwnership(cluster: Cluster, port?: number): Promise<Ownership> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await stopOrphan(cluster);
      return await startAndLock(cluster, port ?? (await freePort()));
    } catch (error) {
      if (!(error instanceof TransientStartError) || performance.now() > deadline) throw error;
      // Time for the winner of a simultaneous start to take its lock.
      await delay(300);
    }
  }
}

/**
 * Connects to a server as its owner as soon as it answers.
 *
 * @throws AlreadyRunningError when another process holds the lock
 */
export async function lockOwnership(cluster: Cluster, postmaster: Postmaster): Promise<pg.Client> {
  const lock = await connectWhenReady(cluster, postmaster);
  try {
    if (await tryLock(lock)) return lock;
  } catch (cause) {
    await lock.end().catch(() => undefined);
    throw new TransientStartError('the server closed the connection while it was being locked', { cause });
  }
  await lock.end();
  throw new AlreadyRunningError(cluster.dataDir);
}

/** A connection URL of a role, the server's superuser by default. */
export function urlOf(
  cluster: Cluster,
  port: number,
  database: string,
  { name, password } = { name: cluster.superuser, password: cluster.password },
): string {
  return `postgresql://${name}:${password}@127.0.0.1:${String(port)}/${database}?sslmode=disable`;
}

async function stopOrphan(cluster: Cluster): Promise<void> {
  const orphan = await findPostmaster(cluster);
  if (orphan === undefined) return;
  // Kept until the shutdown ends it, so that nobody else takes the server over meanwhile.
  await lockOwnership(cluster, orphan);
  await stopPostmaster(orphan);
}

async function startAndLock(cluster: Cluster, port: number): Promise<Ownership> {
  const postmaster = await spawnPostmaster(cluster, port);
  try {
    return { postmaster, lock: await lockOwnership(cluster, postmaster) };
  } catch (cause) {
    if (cause instanceof AlreadyRunningError) {
      await stopPostmaster(postmaster);
      throw cause;
    }
    if (await postmaster.isRunning()) await stopPostmaster(postmaster);
    const lines = await lastLogLines(cluster, postmaster.startedAt);
    const message = `the embedded PostgreSQL did not start; its log (${cluster.logFile}) ends with:\n${lines}`;
    const isTransient = cause instanceof TransientStartError && TRANSIENT.test(lines);
    throw isTransient ? new TransientStartError(message, { cause }) : new Error(message, { cause });
  }
}

async function connectWhenReady(cluster: Cluster, postmaster: Postmaster): Promise<pg.Client> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const client = newClient(cluster, postmaster.port);
    try {
      await client.connect();
      return client;
    } catch (cause) {
      if (!(await postmaster.isRunning())) throw new TransientStartError('the server has left', { cause });
      if (isRefusal(cause) || performance.now() > deadline) throw cause;
    }
    await delay(POLL_MS);
  }
}

/** Class 28 is "invalid authorization": the password in the data directory is not this server's. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('28') === true;
}

function newClient(cluster: Cluster, port: number): pg.Client {
  const client = new pg.Client({ connectionString: urlOf(cluster, port, 'postgres'), keepAlive: true });
  // Whoever waits for the end of the connection learns of the failure there.
  client.on('error', () => undefined);
  return client;
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      OWNER_LOCK,
    ]);
    if (rows[0]?.locked === true) return true;
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
}
