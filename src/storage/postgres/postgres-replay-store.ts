import { Pool } from 'pg';
import { ReplayStore, type Presentation } from '../../application/ports/replay-store.js';
import { LedgerError } from '../../domain/errors.js';

/** The one log there is today. */
const LOG = 0;
/** Connections of their own, so that a flood of checks keeps nobody from reading. */
const CONNECTIONS = 4;
const TIMEOUT_MS = 5_000;
/** A row that is there for the insert but not yet for the look-up is there for the next look-up. */
const MAX_TRIES = 5;

/** Milliseconds since the epoch, the same throughout a statement. */
const NOW_MS = 'floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint';

/**
 * One statement that takes the token, or tells who has: a row that is over its time is taken over, and of several takers the row's lock
 * lets one through. $1 log; $2 `jti`; $3 scope; $4 milliseconds to remember. A token that was seen writes nothing.
 */
const SEE = `
  WITH clock AS (SELECT ${NOW_MS} AS "now"), taken AS (
    INSERT INTO "replay" AS r ("log", "jti", "scope", "first_seen_at_ms", "expires_at_ms")
    SELECT $1::smallint, $2::uuid, $3, clock."now", clock."now" + $4::bigint FROM clock
    ON CONFLICT ("log", "jti", "scope") DO UPDATE
      SET "first_seen_at_ms" = excluded."first_seen_at_ms", "expires_at_ms" = excluded."expires_at_ms"
      WHERE r."expires_at_ms" <= excluded."first_seen_at_ms"
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM taken) AS "isFirst",
         (SELECT r."first_seen_at_ms"::float8 FROM "replay" r, clock
           WHERE r."log" = $1 AND r."jti" = $2 AND r."scope" = $3 AND r."expires_at_ms" > clock."now") AS "firstSeenAtMs"`;

/** $1 log; $2 how many at most. What another instance removes, or a check takes over, is passed by. */
const FORGET = `
  DELETE FROM "replay" WHERE ctid = ANY (ARRAY(
    SELECT r.ctid FROM "replay" r WHERE r."log" = $1 AND r."expires_at_ms" <= ${NOW_MS}
     ORDER BY r."expires_at_ms" LIMIT $2 FOR UPDATE SKIP LOCKED))`;

/** A token that was answered as new must not be new again after a crash. Stronger settings stay. */
const DURABLE = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

interface SeeRow {
  readonly isFirst: boolean;
  readonly firstSeenAtMs: number | null;
}

/** Remembers tokens in PostgreSQL, by the database's clock: those of the instances may differ, and a fast one would forget too early. */
export class PostgresReplayStore extends ReplayStore {
  private readonly pool: Pool;

  /** @param onFailure told of every failure of the database, with its cause; the client only hears `store-unavailable` */
  constructor(
    url: string,
    private readonly onFailure: (error: unknown) => void,
  ) {
    super();
    this.pool = new Pool({
      connectionString: url,
      application_name: 'ect-ledger replay',
      max: CONNECTIONS,
      connectionTimeoutMillis: 3_000,
      query_timeout: TIMEOUT_MS + 1_000,
      options: `-c statement_timeout=${TIMEOUT_MS} -c default_transaction_isolation=read\\ committed`,
      verify: (client, done) => {
        client.query(DURABLE, (error: Error | undefined) => {
          done(error);
        });
      },
    });
    this.pool.on('error', () => undefined); // an idle connection broke: the pool has dropped it, the next query opens another
  }

  override async see({ jti, scope = '' }: Presentation, ttlSeconds: number): Promise<number | undefined> {
    return this.guard(async () => {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const { rows } = await this.pool.query<SeeRow & Record<string, unknown>>({
          name: 'see',
          text: SEE,
          values: [LOG, jti, scope, 1_000 * ttlSeconds],
        });
        if (rows[0]?.isFirst === true) return undefined;
        const firstSeenAtMs = rows[0]?.firstSeenAtMs ?? undefined;
        if (firstSeenAtMs !== undefined) return firstSeenAtMs;
      }
      throw new Error('a row is neither there nor free');
    });
  }

  override async forget(limit: number): Promise<number> {
    return this.guard(async () => (await this.pool.query(FORGET, [LOG, limit])).rowCount ?? 0);
  }

  override async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  private async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      this.onFailure(cause);
      const extras = { retryAfterSeconds: 1 };
      const message =
        'the database did not answer; whether the token was seen is not known, do not accept it';
      throw new LedgerError('store-unavailable', message, extras, { cause });
    }
  }
}
