import { afterEach, describe, expect, test } from '@jest/globals';
import { RateLimiter } from '../../src/http/rate-limit.js';
import { sourceOf } from '../../src/http/source-address.js';
import { startGuarded, TokenClient, Tokens } from '../support/access.js';
import { expectProblem, type LedgerClient } from '../support/client.js';
import { startService, TestClock, type TestService } from '../support/service.js';

let ledger: TestService | undefined;

afterEach(async () => {
  await ledger?.close();
  ledger = undefined;
});

async function start(environment: Readonly<Record<string, string>>): Promise<TestService> {
  ledger = await startService({ store: 'memory', environment });
  return ledger;
}

const from = (address: string) => ({ 'X-Forwarded-For': address });

describe('LEDGER_RATE_LIMIT', () => {
  test('lets a minute’s worth through, then says when to come again; health is never limited', async () => {
    const { client, clock, cast } = await start({ LEDGER_RATE_LIMIT: '6' });
    for (let i = 0; i < 6; i++) expect(await client.get('/ledger')).toMatchObject({ status: 200 });
    const answer = await client.get('/ledger');
    expectProblem(answer, 'rate-limited', 429);
    expect(answer.headers.get('retry-after')).toBe('10');
    // Whatever the route, known or not, and before a body is read.
    for (const path of ['/nonsense', '/', '/docs', '/openapi.json', '/assets/x.js'])
      expectProblem(await client.get(path), 'rate-limited', 429);
    expectProblem(await client.record(await cast.a.sign()), 'rate-limited', 429);
    for (const path of ['/health/live', '/health/ready'])
      expect(await client.get(path)).toMatchObject({ status: 200 });
    clock.advance(9_999);
    expectProblem(await client.get('/ledger'), 'rate-limited', 429);
    clock.advance(1);
    expect(await client.get('/ledger')).toMatchObject({ status: 200 });
    expectProblem(await client.get('/ledger'), 'rate-limited', 429);
  });

  test('counts callers with tokens by name, wherever they come from, and those without by address', async () => {
    const tokens = await Tokens.create();
    const [a, b] = [await tokens.add('a', ['ledger:read']), await tokens.add('b', ['ledger:read'])];
    ledger = await startGuarded(tokens, {
      environment: { LEDGER_RATE_LIMIT: '2', TRUST_PROXY: '127.0.0.1' },
    });
    const { url } = ledger.client;
    const ask = async (client: LedgerClient, address: string) =>
      (await client.get('/ledger', from(address))).status;
    const [first, second] = [new TokenClient(url, a), new TokenClient(url, b)];
    expect([await ask(first, '203.0.113.1'), await ask(first, '203.0.113.2')]).toEqual([200, 200]);
    expect(await ask(first, '203.0.113.3')).toBe(429);
    expect(await ask(second, '203.0.113.1')).toBe(200);
    const publicly = async () => (await ledger?.client.get('/log/checkpoint', from('203.0.113.1')))?.status;
    expect([await publicly(), await publicly(), await publicly()]).toEqual([200, 200, 429]);
  });

  test('is off unless it is set', async () => {
    const { client } = await start({});
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.get('/health/live')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('TRUST_PROXY', () => {
  test('unset: whoever claims to come from elsewhere is limited all the same', async () => {
    const { client } = await start({ LEDGER_RATE_LIMIT: '2' });
    const answers = [];
    for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3', '127.0.0.1'])
      answers.push(
        await client.get('/ledger', { ...from(address), Forwarded: `for=${address}`, 'X-Real-IP': address }),
      );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  });

  test.each([['127.0.0.1'], ['10.0.0.0/8, 127.0.0.0/8']])(
    '%s: each address that the proxy names has its own limit, and what the client wrote before does not count',
    async (TRUST_PROXY) => {
      const { client } = await start({ LEDGER_RATE_LIMIT: '1', TRUST_PROXY });
      const status = async (header: string) => (await client.get('/ledger', from(header))).status;
      expect(await status('203.0.113.1')).toBe(200);
      expect(await status('203.0.113.1')).toBe(429);
      expect(await status('203.0.113.2')).toBe(200);
      // The proxy appends the address that it sees; the rest is the client's invention.
      expect(await status('198.51.100.1, 203.0.113.1')).toBe(429);
      expect(await status('198.51.100.2, 203.0.113.2')).toBe(429);
    },
  );

  test('a proxy that is not named is not believed', async () => {
    const { client } = await start({ LEDGER_RATE_LIMIT: '1', TRUST_PROXY: '10.0.0.7' });
    expect(await client.get('/ledger', from('203.0.113.1'))).toMatchObject({ status: 200 });
    expectProblem(await client.get('/ledger', from('203.0.113.2')), 'rate-limited', 429);
  });

  test('nonsense in the header is one more address, no failure', async () => {
    const { client } = await start({ LEDGER_RATE_LIMIT: '100', TRUST_PROXY: '127.0.0.1' });
    for (const header of ['x', ',', ', ,', '::1::', '999.1.1.1', 'a'.repeat(8_000), '"', 'for=1;by=2'])
      expect([header, (await client.get('/ledger', from(header))).status]).toEqual([header, 200]);
  });
});

describe('RateLimiter', () => {
  test('refills evenly, to a minute’s worth at most, and not when the clock is set back', () => {
    const clock = new TestClock(0);
    const limiter = new RateLimiter({ perMinute: 60, clock });
    const take = (count: number) => Array.from({ length: count }, () => limiter.take('a'));
    expect(take(60).every((wait) => wait === undefined)).toBe(true);
    expect(limiter.take('a')).toBe(1);
    clock.advance(2_500);
    expect(take(3)).toEqual([undefined, undefined, 1]);
    clock.advance(-10_000);
    expect(limiter.take('a')).toBe(1);
    clock.advance(3_600_000);
    expect(take(61).filter((wait) => wait === undefined)).toHaveLength(60);
    expect(limiter.take('b')).toBeUndefined();
  });

  test('says when a rare permit is there, and is right', () => {
    const clock = new TestClock(0);
    const limiter = new RateLimiter({ perMinute: 1, clock });
    limiter.take('a');
    expect(limiter.take('a')).toBe(60);
    clock.advance(60_000);
    expect(limiter.take('a')).toBeUndefined();
  });

  test('remembers a bounded number of callers', () => {
    const limiter = new RateLimiter({ perMinute: 1, clock: new TestClock(0) });
    for (let i = 0; i <= 10_000; i++) limiter.take(String(i));
    expect(limiter.take('1')).toBe(60);
    expect(limiter.take('0')).toBeUndefined();
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
