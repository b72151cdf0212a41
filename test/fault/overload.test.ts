import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { expectProblem } from '../support/client.js';
import { LogLock } from '../support/log-lock.js';
import { startService, type TestService } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const QUEUE = 5;

let database: TestDatabase;
let lock: LogLock;
let ledger: TestService;

beforeEach(async () => {
  database = await createTestDatabase();
  const environment = { LEDGER_QUEUE_LIMIT: String(QUEUE) };
  ledger = await startService({ store: 'postgres', databaseUrl: database.url, environment });
  lock = await LogLock.take(database.url);
});

afterEach(async () => {
  await lock.release();
  await ledger.close();
  await database.drop();
});

test('a full queue is overloaded, with Retry-After; what stands in it is recorded when the way is free', async () => {
  const { client, cast } = ledger;
  const compacts = await Promise.all(Array.from({ length: 1 + QUEUE }, () => cast.a.sign()));
  const [first = '', ...others] = compacts;
  const answers = [client.record(first)];
  await lock.isWaitedFor();
  answers.push(...others.map((compact) => client.record(compact)));
  while ((await queueDepth()) < QUEUE) await delay(5);

  const late = await cast.b.sign();
  for (const refused of [await client.record(late), await client.recordBatch([late, await cast.b.sign()])]) {
    expectProblem(refused, 'overloaded', 503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  expect(await client.get('/ledger')).toMatchObject({ status: 200, body: { entries: [] } });

  await lock.release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(compacts.map(() => 201));
  expect(await queueDepth()).toBe(0);
  expect(await client.recorded(late)).toMatchObject({ index: compacts.length + 1 });
});

async function queueDepth(): Promise<number> {
  const { text } = await ledger.client.get('/metrics');
  return Number(/^ect_ledger_queue_depth (\d+)$/m.exec(text)?.[1]);
}
