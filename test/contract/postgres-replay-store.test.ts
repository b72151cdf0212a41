import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { PostgresReplayStore } from '../../src/storage/postgres/postgres-replay-store.js';
import { codeOf } from '../support/problem.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { describeReplayStore } from './replay-store.contract.js';

describeReplayStore('PostgresReplayStore', async () => {
  const database = await createTestDatabase();
  const [store, other] = [openStore(database), openStore(database)];
  return {
    store,
    other,
    nowMs: async () => {
      const { rows } = await query<{ now: number }>(
        database,
        'SELECT extract(epoch FROM statement_timestamp())::float8 * 1000 AS now',
      );
      return Math.floor(rows[0]?.now ?? 0);
    },
    pass: (ms) => delay(ms),
    close: async () => {
      await Promise.all([store.close(), other.close()]);
      await database.drop();
    },
  };
});

describe('the table of seen tokens', () => {
  let database: TestDatabase;
  let store: PostgresReplayStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    store = openStore(database);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it('survives a crash of the database: it is logged', async () => {
    const { rows } = await query(database, "SELECT relpersistence FROM pg_class WHERE relname = 'replay'");
    expect(rows).toEqual([{ relpersistence: 'p' }]);
  });

  it('is written durably even where the database does not ask for it', async () => {
    await query(
      database,
      `ALTER DATABASE ${nameOf(database)} SET synchronous_commit = off;
       CREATE FUNCTION require_durable() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF current_setting('synchronous_commit') = 'off' THEN RAISE 'not durable'; END IF;
           RETURN NEW;
         END $$;
       CREATE TRIGGER durable BEFORE INSERT ON replay FOR EACH ROW EXECUTE FUNCTION require_durable()`,
    );
    await expect(
      query(database, "INSERT INTO replay VALUES (0, gen_random_uuid(), '', 0, 0)"),
    ).rejects.toThrow('not durable');
    const careful = openStore(database);
    expect(await careful.see({ jti: randomUUID(), scope: undefined }, 900)).toBeUndefined();
    await careful.close();
  });

  it('is cleaned without waiting for a row that a check is taking over', async () => {
    const jtis = [randomUUID(), randomUUID()] as const;
    for (const jti of jtis) await store.see({ jti, scope: undefined }, 1);
    await delay(1_050);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM replay WHERE jti = $1 FOR UPDATE', [jtis[0]]);
    expect(await store.forget(100)).toBe(1);
    await holder.end();
    expect(await store.forget(100)).toBe(1);
  });

  it('is store-unavailable when the database is gone', async () => {
    const failures: unknown[] = [];
    const nowhere = new PostgresReplayStore('postgresql://nobody@127.0.0.1:1/none', (error) =>
      failures.push(error),
    );
    expect(await codeOf(() => nowhere.see({ jti: randomUUID(), scope: undefined }, 1))).toBe(
      'store-unavailable',
    );
    expect(await codeOf(() => nowhere.forget(1))).toBe('store-unavailable');
    expect(failures).toHaveLength(2);
    await nowhere.close();
  });
});

function openStore({ url }: TestDatabase): PostgresReplayStore {
  return new PostgresReplayStore(url, (error) => {
    console.error(error);
  });
}

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1);
}

async function query<Row extends object>(
  { url }: TestDatabase,
  sql: string,
): Promise<pg.QueryResult<Row & Record<string, unknown>>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row & Record<string, unknown>>(sql);
  } finally {
    await client.end();
  }
}
