import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** The key of the lock under which entries are appended (`append-sql.ts`). */
const LOCK_CLASS = 0x4543_544c;
const LOG = 0;
const POLL_MS = 5;

/** Holds the lock under which entries are appended, as another instance does for a moment: appends wait until it is released. */
export class LogLock {
  private constructor(private client: pg.Client | undefined) {}

  static async take(url: string): Promise<LogLock> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, LOG]);
    return new LogLock(client);
  }

  /** Resolves as soon as an append waits for the lock. */
  async isWaitedFor(): Promise<void> {
    const waiting = 'SELECT 1 FROM pg_locks WHERE NOT granted AND classid = $1 AND objid = $2';
    while ((await this.client?.query(waiting, [LOCK_CLASS, LOG]))?.rowCount === 0) await delay(POLL_MS);
  }

  async release(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.end();
  }
}
