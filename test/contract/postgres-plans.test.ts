import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { WALK } from '../../src/storage/postgres/trace-sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** A young ledger grows faster than its statistics are gathered: what it is asked then must cost what the answer takes, not what the log holds. */

const EDGES = 12_000;
const MIDDLE = EDGES / 2;
const STEPS = 300;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('ALTER TABLE "edge" SET (autovacuum_enabled = false)');
  await client.query(
    'INSERT INTO "edge" ("log", "child", "parent") SELECT 0, n, n - 1 FROM generate_series(2, $1::bigint) n',
    [EDGES],
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

it.each(['ancestors', 'descendants'] as const)(
  '%s are walked by look-ups, a few pages each',
  async (direction) => {
    const values = [0, MIDDLE, STEPS, EDGES + 1, null, null];
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${WALK[direction]}`,
      values,
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
    expect(plan['Actual Rows']).toBe(STEPS);
    // Each node is looked up twice, once to go on from it and once for its neighbours; all edges together take 65 pages.
    const pages = (plan['Shared Hit Blocks'] ?? Infinity) + (plan['Shared Read Blocks'] ?? Infinity);
    expect(pages / STEPS).toBeLessThan(15);
  },
);
