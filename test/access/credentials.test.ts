import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startGuarded, TokenClient, Tokens } from '../support/access.js';
import { expectProblem, faultsAt } from '../support/client.js';
import { operationsOf, type OpenApi } from '../support/openapi.js';
import { exchange } from '../support/raw-http.js';
import { startService, TestClock, type TestService } from '../support/service.js';

let ledger: TestService;
let tokens: Tokens;
let reader: string;
let recorder: string;
const clock = new TestClock();

beforeAll(async () => {
  tokens = await Tokens.create();
  reader = await tokens.add('reader', ['ledger:read']);
  recorder = await tokens.add('recorder', ['ledger:record']);
  await tokens.add('revoked', ['ledger:read']);
  ledger = await startGuarded(tokens, { clock });
});

afterAll(() => ledger.close());

/** Every test may fail as often as one source may. */
beforeEach(() => {
  clock.advance(60_000);
});

const get = (path: string, authorization?: string) =>
  ledger.client.get(path, authorization === undefined ? {} : { Authorization: authorization });

const OPEN = [
  '/health/live',
  '/health/ready',
  '/log/checkpoint',
  '/.well-known/jwks.json',
  '/problems/{code}',
];

describe('without credentials', () => {
  test('every route but the public ones is unauthorized, without an error', async () => {
    const { body: document } = await get('/openapi.json').then(({ body }) => ({ body: body as OpenApi }));
    const open: string[] = [];
    for (const { method, path, operation } of operationsOf(document)) {
      const answer = await ledger.client.request(path.replace('{code}', 'cycle').replace(/\{\w+\}/g, '0'), {
        method,
      });
      if (answer.status === 200) open.push(path);
      else {
        expectProblem(answer, 'unauthorized', 401);
        expect(answer.headers.get('www-authenticate')).toMatch(
          /^Bearer realm="ect-ledger", scope="ledger:(read|record|admin)"$/,
        );
      }
      const documented = operation as { security?: unknown; responses: object };
      expect([path, documented.security]).toEqual([
        path,
        answer.status === 200 ? undefined : [{ bearer: [] }],
      ]);
      if (answer.status !== 200)
        expect(Object.keys(documented.responses)).toEqual(expect.arrayContaining(['401', '403', '429']));
    }
    expect(open.sort()).toEqual(OPEN.sort());
  });

  test('HEAD is as closed as GET', async () => {
    const answer = await ledger.client.request('/ledger', { method: 'HEAD' });
    expect(answer.status).toBe(401);
  });

  test.each(['/docs', '/openapi.json', '/problems/forbidden'])(
    '%s is open and shows no task',
    async (path) => {
      const client = new TokenClient(ledger.client.url, recorder);
      const { body } = await client.record(await ledger.cast.a.sign({ wid: randomUUID() }));
      const answer = await get(path);
      expect(answer.status).toBe(200);
      for (const word of [body.jti, body.wid ?? '', body.ect]) expect(answer.text).not.toContain(word);
    },
  );

  test('an unknown path is not found and another method not allowed, as everybody knows from the document', async () => {
    expectProblem(await get('/nonsense'), 'not-found', 404);
    expectProblem(await ledger.client.request('/ledger', { method: 'DELETE' }), 'method-not-allowed', 405);
  });

  test('nothing is recorded', async () => {
    const client = new TokenClient(ledger.client.url, reader);
    const before = await client.countEntries();
    const compact = await ledger.cast.a.sign();
    expectProblem(await ledger.client.record(compact), 'unauthorized', 401);
    expectProblem(
      await ledger.client.post('/ledger', '', { 'Execution-Context': compact }),
      'unauthorized',
      401,
    );
    expectProblem(await ledger.client.recordBatch([compact]), 'unauthorized', 401);
    expect(await client.countEntries()).toBe(before);
  });
});

describe('a token that is worth nothing', () => {
  const id = () => reader.slice('ectl_'.length, 'ectl_'.length + 12);
  test.each([
    ['made up', () => `ectl_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`],
    ['of a known id with another secret', () => `ectl_${id()}_${randomBytes(32).toString('base64url')}`],
    ['one character off', () => reader.slice(0, -1) + (reader.endsWith('A') ? 'B' : 'A')],
    ['cut off', () => reader.slice(0, -1)],
    ['with something after it', () => `${reader}x`],
    ['in upper case', () => reader.toUpperCase()],
    ['the hash from the file', () => `ectl_${id()}_${'A'.repeat(43)}`],
    ['a prototype member', () => 'constructor'],
    ['an ECT', () => 'a.b.c'],
    ['empty', () => ''],
    ['two words', () => `${reader} ${reader}`],
    ['very long', () => 'x'.repeat(20_000)],
  ])('is refused: %s', async (_name, token) => {
    const answer = await get('/ledger', `Bearer ${token()}`);
    const { detail } = expectProblem(answer, 'unauthorized', 401);
    expect(detail).toMatch(/not valid/);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="ect-ledger", error="invalid_token"');
  });

  test('of another ledger is refused', async () => {
    const others = await Tokens.create();
    const stolen = await others.add('reader', ['ledger:read', 'ledger:record', 'ledger:admin']);
    expectProblem(await get('/ledger', `Bearer ${stolen}`), 'unauthorized', 401);
  });

  test('is one that has expired, to the millisecond', async () => {
    const expires_at = new Date(clock.nowMs() + 10_000).toISOString();
    const text = await tokens.add('short', ['ledger:read'], { expires_at });
    await eventually(async () => (await get('/ledger', `Bearer ${text}`)).status === 200);
    clock.advance(9_999);
    expect((await get('/ledger', `Bearer ${text}`)).status).toBe(200);
    clock.advance(1);
    expectProblem(await get('/ledger', `Bearer ${text}`), 'unauthorized', 401);
  });

  test('is one that was revoked, within seconds, without a restart', async () => {
    const text = await tokens.add('leaver', ['ledger:read']);
    await eventually(async () => (await get('/ledger', `Bearer ${text}`)).status === 200);
    await tokens.revoke('leaver');
    await eventually(async () => (await get('/ledger', `Bearer ${text}`)).status === 401);
    expect((await get('/ledger', `Bearer ${reader}`)).status).toBe(200);
  });
});

describe('a token in another form', () => {
  test('has its answers kept by no cache, refusals neither', async () => {
    for (const token of [reader, 'wrong']) {
      const { headers } = await get('/ledger', `Bearer ${token}`);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test.each(['Bearer', 'bearer', 'BEARER'])('counts with the scheme as %s', async (scheme) => {
    expect((await get('/ledger', `${scheme} ${reader}`)).status).toBe(200);
    expect((await get('/ledger', `${scheme}   ${reader}  `)).status).toBe(200);
  });

  test.each([
    ['Basic', () => `Basic ${Buffer.from(`reader:${reader}`).toString('base64')}`],
    ['no scheme', () => reader],
    ['a scheme that only begins so', () => `Bearerx ${reader}`],
    ['a tab', () => `Bearer\t${reader}`],
    ['quotes', () => `Bearer "${reader}"`],
    ['a list', () => `Bearer ${reader}, Bearer ${reader}`],
    ['parameters', () => `Bearer token=${reader}`],
  ])('is unauthorized: %s', async (_name, authorization) => {
    expectProblem(await get('/ledger', authorization()), 'unauthorized', 401);
  });

  test('is an invalid request in the query, beside a right header too', async () => {
    for (const authorization of [undefined, `Bearer ${reader}`]) {
      const answer = await get(`/ledger?access_token=${reader}`, authorization);
      expectProblem(answer, 'invalid-request', 400, faultsAt('/query/access_token'));
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="ect-ledger", error="invalid_request"',
      );
      expect(answer.text).not.toContain(reader);
    }
  });

  test.each([
    ['twice the same', () => [`Authorization: Bearer ${reader}`, `Authorization: Bearer ${reader}`]],
    ['wrong, then right', () => ['Authorization: Bearer x', `authorization: Bearer ${reader}`]],
    ['right, then wrong', () => [`AUTHORIZATION: Bearer ${reader}`, 'Authorization: Bearer x']],
    ['another scheme, then right', () => ['Authorization: Basic eDp5', `Authorization: Bearer ${reader}`]],
  ])('is an invalid request in two headers: %s', async (_name, headers) => {
    const { status, body } = await raw('GET /ledger', headers());
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ code: 'invalid-request' })]);
  });

  test.each([
    ['Proxy-Authorization', () => `Proxy-Authorization: Bearer ${reader}`],
    ['X-Forwarded-Authorization', () => `X-Forwarded-Authorization: Bearer ${reader}`],
    ['a cookie', () => `Cookie: access_token=${reader}; Authorization=Bearer ${reader}`],
  ])('does not count: %s', async (_name, header) => {
    expect((await raw('GET /ledger', [header()])).status).toBe(401);
  });

  test.each([
    ['a space before the colon', () => `Authorization : Bearer ${reader}`],
    ['a folded line', () => `X-A: b\r\n Authorization: Bearer ${reader}`],
  ])('is no way past: %s', async (_name, header) => {
    expect([400, 401]).toContain((await raw('GET /ledger', [header()])).status);
  });

  test.each([
    '//ledger',
    '/ledger/',
    '/%6cedger',
    '/LEDGER',
    '/./ledger',
    '/health/live/../../ledger',
    '/ledger;x',
    '/docs/../ledger',
  ])('nor is another spelling of the path: %s', async (path) => {
    const { status, body } = await raw(`GET ${path}`, []);
    expect([400, 401, 404]).toContain(status);
    expect(body).not.toContain('"entries"');
  });
});

describe('a scope', () => {
  const send = (token: string, method: string, path: string) =>
    ledger.client.request(path, { method, headers: { Authorization: `Bearer ${token}` } });

  test.each([
    ['GET', '/ledger'],
    ['GET', `/ledger/${randomUUID()}`],
    ['GET', `/ledger/${randomUUID()}/ancestry`],
    ['GET', `/ledger/${randomUUID()}/descendants`],
    ['GET', `/ledger/${randomUUID()}/receipt`],
    ['GET', '/workflows'],
    ['GET', `/workflows/${randomUUID()}`],
    ['GET', '/log/entries/0'],
    ['GET', '/log/tile/0/000.p/1'],
    ['GET', '/metrics'],
  ])('to record does not read: %s %s', async (method, path) => {
    const answer = await send(recorder, method, path);
    expectProblem(answer, 'forbidden', 403);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="ect-ledger", error="insufficient_scope", scope="ledger:read"',
    );
    expect((await send(reader, method, path)).status).not.toBe(403);
  });

  test.each(['/ledger', '/ledger/batch', '/replay'])('to read does not record: POST %s', async (path) => {
    const answer = await send(reader, 'POST', path);
    expectProblem(answer, 'forbidden', 403);
    expect(answer.headers.get('www-authenticate')).toMatch(/insufficient_scope", scope="ledger:record"$/);
    expect((await send(recorder, 'POST', path)).status).toBe(400);
  });

  test('to administer includes neither', async () => {
    const admin = await tokens.add('admin', ['ledger:admin']);
    await eventually(async () => (await send(admin, 'GET', '/ledger')).status === 403);
    expect((await send(admin, 'POST', '/ledger')).status).toBe(403);
  });
});

describe('wrong tokens from one source', () => {
  const wrong = () => get('/ledger', 'Bearer wrong');

  test('are rate-limited after twenty in a minute, while right ones from there are let in', async () => {
    for (let i = 0; i < 20; i++) expectProblem(await wrong(), 'unauthorized', 401);
    clock.advance(20_000);
    const answer = await wrong();
    expectProblem(answer, 'rate-limited', 429);
    expect(answer.headers.get('retry-after')).toBe('40');
    expect((await get('/ledger', `Bearer ${reader}`)).status).toBe(200);
    expectProblem(await wrong(), 'rate-limited', 429);
    clock.advance(40_000);
    expectProblem(await wrong(), 'unauthorized', 401);
  });

  test('are not those who send none', async () => {
    for (let i = 0; i < 30; i++) expect((await get('/ledger')).status).toBe(401);
  });
});

describe('the log', () => {
  test('names who asked for what and what came of it, and holds no token', async () => {
    const wid = randomUUID();
    const client = new TokenClient(ledger.client.url, recorder);
    const { body } = await client.record(await ledger.cast.a.sign({ wid }));
    const { headers } = await get(`/ledger/${body.jti}?wid=${wid}`, `Bearer ${reader}`);
    const absent = await get(`/workflows/${randomUUID()}`, `Bearer ${reader}`);
    const refused = await get('/ledger', 'Bearer ectl_wrong');
    const key = await get(`/keys/${body.jkt}`, `Bearer ${reader}`);
    await client.recordBatch([await ledger.cast.a.sign(), await ledger.cast.stranger.sign()]);
    const lines = ledger.logged
      .join('')
      .split('\n')
      .filter((line) => line.includes('"access"'));
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const about = (id: string | null) => logged.find(({ requestId }) => requestId === id);
    expect(about(headers.get('x-request-id'))).toMatchObject({
      caller: 'reader',
      method: 'GET',
      route: '/ledger/:jti',
      jti: body.jti,
      status: 200,
      durationMs: expect.any(Number),
    });
    expect(about(absent.headers.get('x-request-id'))).toMatchObject({
      route: '/workflows/:wid',
      status: 404,
      code: 'not-found',
    });
    expect(about(key.headers.get('x-request-id'))).toMatchObject({ route: '/keys/:jkt', jkt: body.jkt });
    expect(about(refused.headers.get('x-request-id'))).toMatchObject({
      caller: null,
      source: '127.0.0.1',
      status: 401,
      code: 'unauthorized',
    });
    expect(logged).toContainEqual(
      expect.objectContaining({ caller: 'recorder', route: '/ledger', recorded: [body.jti], status: 201 }),
    );
    expect(logged.at(-1)).toMatchObject({
      route: '/ledger/batch',
      recorded: [expect.any(String)],
      status: 200,
    });
    const all = ledger.logged.join('');
    for (const secret of [reader, recorder, 'ectl_wrong', 'Bearer', 'uthorization'])
      expect(all).not.toContain(secret);
  });
});

describe('the token file', () => {
  test('in a broken new version is reported, and the one before stays in force', async () => {
    const own = await Tokens.create();
    const text = await own.add('reader', ['ledger:read']);
    const service = await startGuarded(own);
    const read = () => service.client.get('/ledger', { Authorization: `Bearer ${text}` });
    try {
      const reports = () => service.logged.filter((line) => line.includes('is broken')).length;
      for (const [i, broken] of ['{', '{"tokens": [{}]}', '{"tokens": [], "tokens": []}'].entries()) {
        await writeFile(own.file, broken);
        await eventually(() => Promise.resolve(reports() === i + 1));
        expect((await read()).status).toBe(200);
      }
      await own.add('other', ['ledger:read']);
      await chmod(own.file, 0o644);
      await eventually(() => Promise.resolve(service.logged.join('').includes('is open to others')));
      expect((await read()).status).toBe(200);
      expect(service.logged.join('')).not.toContain(text);
    } finally {
      await service.close();
    }
  });

  test('is not needed to start; then nobody is let in until there is one', async () => {
    const own = await Tokens.create();
    const service = await startService({
      store: 'memory',
      environment: { LEDGER_AUTH: 'token', LEDGER_TOKENS_FILE: `${own.file}.later` },
    });
    try {
      expect((await service.client.get('/ledger')).status).toBe(401);
      expect(service.logged.join('')).toContain('nobody is let in');
    } finally {
      await service.close();
    }
  });

  test.each([
    ['broken', '{', 0o600, /no JSON/],
    ['readable by others', '{"tokens": []}', 0o604, /chmod 600/],
    ['writable by the group', '{"tokens": []}', 0o620, /chmod 600/],
    ['of tokens without scopes', JSON.stringify({ tokens: [{ name: 'x' }] }), 0o600, /tokens\/0\/scopes/],
  ])('stops the start when it is %s', async (_name, text, mode, reason) => {
    const own = await Tokens.create();
    await writeFile(own.file, text);
    await chmod(own.file, mode);
    await expect(startGuarded(own)).rejects.toThrow(reason);
  });
});

function raw(request: string, headers: readonly string[]): ReturnType<typeof exchange> {
  return exchange(
    ledger.client.url,
    [`${request} HTTP/1.1`, 'Host: ledger', ...headers, '', ''].join('\r\n'),
  );
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await isSo()) return;
    await delay(50);
  }
  throw new Error('it did not come to be');
}
