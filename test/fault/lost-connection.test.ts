import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { expectProblem } from '../support/client.js';
import { startService, type TestService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let proxy: TcpProxy;
let ledger: TestService;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await TcpProxy.start(database.url);
  ledger = await startService({ store: 'postgres', databaseUrl: proxy.url });
});

afterEach(async () => {
  await ledger.close();
  await proxy.close();
  await database.drop();
});

type When = 'before' | 'after';

/** Breaks the connection once: before this statement of the service arrives, or before its reply does. */
function breakAt(statement: string, when: When): void {
  proxy.decide = (bytes) => {
    const at = bytes.indexOf(statement);
    if (at === -1) return 'forward';
    proxy.decide = () => 'forward';
    return when === 'after' ? 'cut-reply' : { cutAfter: Math.max(0, at - MESSAGE_HEAD) };
  };
}

/** Type and length of a message of PostgreSQL's protocol, in bytes. */
const MESSAGE_HEAD = 5;

/** As a message of its own: not the COMMIT of READ COMMITTED. */
const COMMIT = 'COMMIT\0';

const BEFORE_PERSISTING: readonly (readonly [string, string, When])[] = [
  ['at its beginning', 'BEGIN', 'before'],
  ['while it was looking tasks up', 'pg_advisory_xact_lock', 'after'],
  ['before its entries were sent', 'insert-batch', 'before'],
  ['before its commit was sent', COMMIT, 'before'],
];
const AFTER_PERSISTING = ['after its commit was sent', COMMIT, 'after'] as const;

describe('an append whose connection is lost', () => {
  test.each(BEFORE_PERSISTING)(
    '%s is not acknowledged and recorded when sent again',
    async (_name, statement, when) => {
      const { client, cast } = ledger;
      const first = await client.recorded(await cast.a.sign());
      const compact = await cast.a.sign();
      breakAt(statement, when);
      await expectUnavailable(compact);
      expect(await client.countEntries()).toBe(first.index);
      const again = await client.record(compact);
      expect(again).toMatchObject({ status: 201, body: { index: first.index + 1, ect: compact } });
    },
  );

  test(`${AFTER_PERSISTING[0]} is not acknowledged, and the first entry is answered when it is sent again`, async () => {
    const { client, cast, clock } = ledger;
    const compact = await cast.a.sign();
    const child = await cast.a.sign();
    breakAt(AFTER_PERSISTING[1], AFTER_PERSISTING[2]);
    await expectUnavailable(compact);
    const recordedAt = new Date(clock.nowMs()).toISOString();
    clock.advance(5_000);
    const again = await client.record(compact);
    expect(again).toMatchObject({ status: 200, body: { index: 1, ect: compact, recorded_at: recordedAt } });
    expect(await client.recorded(child)).toMatchObject({ index: 2 });
  });

  test.each([...BEFORE_PERSISTING, AFTER_PERSISTING])(
    '%s: a whole batch, and no more than that',
    async (_name, statement, when) => {
      const { client, cast } = ledger;
      const compacts = await Promise.all([1, 2, 3].map(() => cast.a.sign()));
      breakAt(statement, when);
      const lost = await client.recordBatch(compacts);
      expectProblem(lost, 'store-unavailable', 503);
      const other = await client.recorded(await cast.b.sign());
      const isPersisted = statement === COMMIT && when === 'after';
      expect(other.index).toBe(isPersisted ? 4 : 1);
      const again = await client.recordBatch(compacts);
      expect(again.body.results.map(({ status }) => status)).toEqual(
        compacts.map(() => (isPersisted ? 200 : 201)),
      );
      expect(await client.countEntries()).toBe(4);
    },
  );

  test('fails only the requests of its own batch', async () => {
    const { client, cast } = ledger;
    const compacts = await Promise.all(Array.from({ length: 20 }, () => cast.a.sign()));
    breakAt(COMMIT, 'after');
    const answers = await Promise.all(compacts.map((compact) => client.record(compact)));
    const failed = compacts.filter((_, i) => answers[i]?.status !== 201);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(compacts.length);
    for (const compact of failed) expect(await client.record(compact)).toMatchObject({ status: 200 });
    expect(await client.countEntries()).toBe(compacts.length);
  });

  async function expectUnavailable(compact: string): Promise<void> {
    const answer = await ledger.client.record(compact);
    expectProblem(answer, 'store-unavailable', 503);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
});

test('a database that says nothing more is given up on, and used again when it is back', async () => {
  const { client, cast } = ledger;
  const compact = await cast.a.sign();
  await client.recorded(await cast.a.sign());
  proxy.isSilent = true;
  const answers = await Promise.all([client.record(compact), client.get('/ledger')]);
  for (const answer of answers) expectProblem(answer, 'store-unavailable', 503);
  proxy.isSilent = false;
  expect(await client.record(compact)).toMatchObject({ status: 201, body: { index: 2 } });
  expect(await client.get('/ledger')).toMatchObject({ status: 200 });
}, 40_000);
