import { Client } from 'pg';

/** How long one statement of an append may take, the wait for another instance's append included. */
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * The sequencer's own connection: opened when first needed, dropped after any failure, opened anew for the next append. Its state is
 * never trusted after an error, so a half-done transaction dies with it.
 */
export class AppendConnection {
  private client: Client | undefined;

  constructor(private readonly url: string) {}

  /** Runs `work` on the open connection. @throws what `work` or connecting throws; the connection is then gone */
  async use<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = (this.client ??= await this.open());
    try {
      return await work(client);
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.end();
  }

  private drop(client: Client): void {
    if (this.client === client) this.client = undefined;
    client.end().catch(() => undefined); // it is broken already: how it ends tells nothing new
  }

  private async open(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'ect-ledger sequencer',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
      keepAlive: true,
      // Statements that do not wait for one another's answers share a round trip, and the log's lock is held shorter.
      pipeline: true,
    });
    client.on('error', () => {
      this.drop(client);
    });
    await client.connect();
    // An instance that froze while it held the log's lock is cut off by the server. What was acknowledged must be on disk. A plan is made
    // once, perhaps of an empty table, so that only one by index will do.
    await client.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS};
      SET idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS};
      SET plan_cache_mode = force_generic_plan;
      SET enable_seqscan = off;
      SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`);
    return client;
  }
}
