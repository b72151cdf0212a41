import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Answer, expectProblem, faultsAt } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase } from '../support/test-database.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };

function ask({ client }: TestService, question: unknown, query = ''): Promise<Answer> {
  return client.post(`/replay${query}`, JSON.stringify(question), JSON_TYPE);
}

describe.each(STORES)('POST /replay (%s)', (store) => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store });
  });

  afterAll(() => ledger.close());

  test('says no once and then yes, with the time', async () => {
    const jti = randomUUID();
    const first = await ask(ledger, { jti });
    expect(first).toMatchObject({ status: 200, text: '{"seen":false}' });
    const second = await ask(ledger, { jti, ttl: 1 });
    expect(second).toMatchObject({
      status: 200,
      body: { seen: true, first_seen_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
    });
    expect(await ask(ledger, { jti })).toMatchObject({ body: second.body as object });
  });

  test('takes upper and lower case for the same token, scopes for different ones', async () => {
    const jti = 'ABCDEF01-0000-4000-8000-000000000001';
    expect(await ask(ledger, { jti })).toMatchObject({ body: { seen: false } });
    expect(await ask(ledger, { jti: jti.toLowerCase() })).toMatchObject({ body: { seen: true } });
    expect(await ask(ledger, { jti, scope: 'https://a.example' })).toMatchObject({ body: { seen: false } });
    expect(await ask(ledger, { jti, scope: 'https://A.example' })).toMatchObject({ body: { seen: false } });
    expect(await ask(ledger, { jti, scope: 'https://a.example' })).toMatchObject({ body: { seen: true } });
  });

  test('says no to exactly one of many that ask at once', async () => {
    const jti = randomUUID();
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(ledger, { jti, ttl: 86_400 })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ text }) => text === '{"seen":false}')).toHaveLength(1);
  });

  const jti = randomUUID();
  test.each([
    ['no jti', {}, ['/jti']],
    ['a jti that is no UUID', { jti: 'x' }, ['/jti']],
    ['a jti with a line break', { jti: `${jti}\n` }, ['/jti']],
    ['a jti that is no text', { jti: 7 }, ['/jti']],
    ['several jtis', { jti: [jti] }, ['/jti']],
    ['an empty scope', { jti, scope: '' }, ['/scope']],
    ['a scope that is null', { jti, scope: null }, ['/scope']],
    ['a long scope', { jti, scope: 'x'.repeat(257) }, ['/scope']],
    ['NUL in a scope', { jti, scope: 'a\0' }, ['/scope']],
    ['half a surrogate pair in a scope', { jti, scope: '\ud800' }, ['/scope']],
    ['a ttl of 0', { jti, ttl: 0 }, ['/ttl']],
    ['a ttl of more than a day', { jti, ttl: 86_401 }, ['/ttl']],
    ['a ttl that is not whole', { jti, ttl: 1.5 }, ['/ttl']],
    ['a ttl beyond all numbers', { jti, ttl: 9_007_199_254_740_991 }, ['/ttl']],
    ['a ttl that is text', { jti, ttl: '900' }, ['/ttl']],
    ['an unknown member', { jti, TTL: 5 }, ['/TTL']],
    ['a list', [jti], ['']],
    ['no object', 'x', ['']],
  ])('refuses %s', async (_name, question, pointers) => {
    expectProblem(await ask(ledger, question), 'invalid-request', 400, faultsAt(...pointers));
  });

  test('refuses a body that is no JSON, names a member twice, is of another type, is missing or too large', async () => {
    const { client } = ledger;
    const bad = faultsAt('');
    expectProblem(await client.post('/replay', '{', JSON_TYPE), 'invalid-request', 400, bad);
    expectProblem(await client.post('/replay', '', JSON_TYPE), 'invalid-request', 400, bad);
    const twice = `{"jti":"${jti}","jti":"${randomUUID()}"}`;
    expectProblem(await client.post('/replay', twice, JSON_TYPE), 'invalid-request', 400, bad);
    expectProblem(
      await client.post('/replay', new Uint8Array([0x22, 0xff]), JSON_TYPE),
      'invalid-request',
      400,
      bad,
    );
    expectProblem(await client.post('/replay', `{"jti":"${jti}"}`), 'unsupported-media-type', 415);
    expectProblem(await ask(ledger, { jti, scope: 'x'.repeat(9_000) }), 'request-too-large', 413);
    expectProblem(await ask(ledger, { jti }, '?ttl=5'), 'invalid-request', 400, faultsAt('/query/ttl'));
    expect(await ask(ledger, { jti })).toMatchObject({ body: { seen: false } });
  });

  test('counts what it answered', async () => {
    const count = async (seen: boolean) => {
      const { text } = await ledger.client.get('/metrics');
      return Number(
        new RegExp(`^ect_ledger_replay_checks_total\\{seen="${seen}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
      );
    };
    const before = [await count(false), await count(true)] as const;
    const other = randomUUID();
    for (let i = 0; i < 3; i++) await ask(ledger, { jti: other });
    expect([await count(false), await count(true)]).toEqual([before[0] + 1, before[1] + 2]);
  });
});

describe('on one database', () => {
  test('two instances share what was seen, exactly one is told no, and what is over its time leaves by itself', async () => {
    const database = await createTestDatabase();
    const environment = { DATA_DIR: await makeTempDir() };
    const options = { store: 'postgres', databaseUrl: database.url, environment } as const;
    const [first, second] = [await startService(options), await startService(options)];
    const jti = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(i % 2 ? first : second, { jti, scope: 's', ttl: 1 })),
    );
    expect(answers.filter(({ text }) => text === '{"seen":false}')).toHaveLength(1);
    expect(await ask(second, { jti })).toMatchObject({ body: { seen: false } });
    expect(await rowsIn(database.url)).toBe(2);
    for (let waited = 0; (await rowsIn(database.url)) > 1 && waited < 15_000; waited += 100) await delay(100);
    expect(await rowsIn(database.url)).toBe(1);
    await first.close();
    await second.close();
    await database.drop();
    await rm(environment.DATA_DIR, { recursive: true });
  });

  test('without it nobody is told that a token is new', async () => {
    const database = await createTestDatabase();
    const ledger = await startService({ store: 'postgres', databaseUrl: database.url });
    await database.drop();
    const answer = await ask(ledger, { jti: randomUUID() });
    expectProblem(answer, 'store-unavailable', 503);
    expect(answer.headers.get('retry-after')).toBe('1');
    await ledger.close();
  });
});

async function rowsIn(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM replay');
  await client.end();
  return rows[0]?.count ?? 0;
}
