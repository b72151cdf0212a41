import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Cluster, Log } from './embedded-cluster.js';
import { ensureCluster, hasCluster } from './embedded-cluster.js';
import type { Ownership } from './embedded-owner.js';
import { lockOwnership, takeOwnership, urlOf } from './embedded-owner.js';
import { findPostmaster, stopPostmaster } from './embedded-postmaster.js';
import type { Logins } from './roles-sql.js';
import { scramVerifier } from './scram.js';
import { setUpRoles } from './set-up-roles.js';

export interface EmbeddedServerOptions {
  /** Created when missing; holds the cluster, or the note where it is, the superuser's password and the server's log. */
  readonly dataDir: string;
  readonly log: Log;
}

/** Who may migrate; insert and read; read. */
export type LedgerRole = 'owner' | 'app' | 'reader';

const DATABASE = 'ect_ledger';
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 5_000;

/**
 * Starts the PostgreSQL server that npm installed, with its data below `dataDir`, for this process alone. The first start creates the
 * cluster; what a crash left behind is recovered, roles that are missing are made.
 *
 * @throws AlreadyRunningError when another process runs one on the same directory
 * @throws Error with the end of the server's log when it does not start
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const cluster = await ensureCluster(options.dataDir, options.log);
  const ownership = await takeOwnership(cluster);
  try {
    await ensureDatabase(ownership.lock);
    await setUpRoles(urlOf(cluster, ownership.postmaster.port, DATABASE), loginsOf(cluster));
    return new EmbeddedServer(cluster, ownership, options.log);
  } catch (error) {
    await stopPostmaster(ownership.postmaster);
    throw error;
  }
}

/**
 * A server to read from: the one that runs on the data directory, whoever owns it, or one that is started until `stop`.
 *
 * @throws Error when the directory has no database yet, AlreadyRunningError when somebody else starts it at this very moment
 */
export async function borrowEmbeddedServer(
  options: EmbeddedServerOptions,
): Promise<Pick<EmbeddedServer, 'urlAs' | 'stop'>> {
  if (!(await hasCluster(options.dataDir))) throw new Error(`there is no database in ${options.dataDir}`);
  const cluster = await ensureCluster(options.dataDir, options.log);
  const running = await findPostmaster(cluster);
  if (running === undefined) return startEmbeddedServer(options);
  return {
    urlAs: (role) => urlOf(cluster, running.port, DATABASE, loginOf(cluster, role)),
    stop: () => Promise.resolve(),
  };
}

/** A running server. When it dies it is started again on the same port, until `stop`. */
export class EmbeddedServer {
  /** Connection URL of the ledger's database as the superuser; stays valid over restarts of the server, as do the others. */
  readonly url: string;
  private readonly port: number;
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;

  constructor(
    private readonly cluster: Cluster,
    private ownership: Ownership,
    private readonly log: Log,
  ) {
    this.port = ownership.postmaster.port;
    this.url = urlOf(cluster, this.port, DATABASE);
    this.watching = this.watch();
  }

  /** Connection URL of the ledger's database as one of its roles. */
  urlAs(role: LedgerRole): string {
    return urlOf(this.cluster, this.port, DATABASE, loginOf(this.cluster, role));
  }

  /** Process id of the server at the moment. */
  get pid(): number {
    return this.ownership.postmaster.pid;
  }

  /** Where PostgreSQL keeps its files. */
  get clusterDir(): string {
    return this.cluster.clusterDir;
  }

  /** Shuts the server down: connections are closed, everything is written. Calling it again changes nothing. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await stopPostmaster(this.ownership.postmaster);
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.isStopping()) {
      // The lock's session ends with the server, whatever ended it.
      await once(this.ownership.lock, 'end', { signal: this.stopping.signal }).catch(() => undefined);
      await this.recover();
    }
  }

  private async recover(): Promise<void> {
    for (
      let backoffMs = FIRST_BACKOFF_MS;
      !this.isStopping();
      backoffMs = Math.min(2 * backoffMs, LAST_BACKOFF_MS)
    ) {
      try {
        this.ownership = await this.resume();
        if (this.isStopping()) await stopPostmaster(this.ownership.postmaster);
        return;
      } catch (error) {
        this.log(`PostgreSQL is down, next try in ${String(backoffMs)} ms: ${String(error)}`);
        await delay(backoffMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private async resume(): Promise<Ownership> {
    const { postmaster } = this.ownership;
    // After the crash of one backend the server restarts by itself: only the session is lost.
    if (await postmaster.isRunning())
      return { postmaster, lock: await lockOwnership(this.cluster, postmaster) };
    this.log('PostgreSQL stopped unexpectedly: starting it again');
    const resumed = await takeOwnership(this.cluster, this.port);
    this.log('PostgreSQL is running again');
    return resumed;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }
}

/** Roles' passwords follow from the superuser's, which nobody learns from them. */
function loginOf(cluster: Cluster, role: LedgerRole): { name: string; password: string } {
  const name = `ect_${role}`;
  return { name, password: createHmac('sha256', cluster.password).update(name).digest('base64url') };
}

function loginsOf(cluster: Cluster): Logins {
  const login = (role: LedgerRole): Logins['app'] => {
    const { name, password } = loginOf(cluster, role);
    return { name, verifier: scramVerifier(password) };
  };
  return { owner: login('owner'), app: login('app'), reader: login('reader') };
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}
