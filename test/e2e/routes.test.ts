import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { expectProblem } from '../support/client.js';
import { exchange, type RawAnswer } from '../support/raw-http.js';
import { startService, type TestService } from '../support/service.js';

let ledger: TestService;

beforeAll(async () => {
  ledger = await startService({ store: 'memory' });
});

afterAll(() => ledger.close());

const JTI = randomUUID();
const READ = 'GET, HEAD';

describe('a method that a path does not have', () => {
  test.each([
    ['/ledger', `${READ}, POST`],
    ['/ledger?x=1', `${READ}, POST`],
    [`/ledger/${JTI}`, READ],
    [`/ledger/${JTI}/ancestry`, READ],
    [`/ledger/${JTI}/descendants`, READ],
    [`/ledger/${JTI}/receipt`, READ],
    ['/replay', 'POST'],
    ['/log/checkpoint', READ],
    ['/log/tile/0/000.p/1', READ],
    ['/log/proof/inclusion', READ],
    ['/log/proof/consistency', READ],
    ['/log/entries/0', READ],
    ['/.well-known/jwks.json', READ],
    ['/workflows', READ],
    [`/workflows/${JTI}`, READ],
    ['/health/live', READ],
    ['/health/ready', READ],
    ['/metrics', READ],
    ['/problems/not-found', READ],
    ['/openapi.json', READ],
    ['/docs', READ],
    ['/', READ],
    ['/assets/x.js', READ],
  ])('is method-not-allowed, with Allow: %s', async (path, allow) => {
    for (const method of [
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'PROPFIND',
      'QUERY',
      ...(allow.includes('POST') ? [] : ['POST']),
      ...(allow.includes('GET') ? [] : ['GET']),
    ]) {
      const answer = await ledger.client.request(path, { method });
      expectProblem(answer, 'method-not-allowed', 405);
      expect(answer.headers.get('allow')).toBe(allow);
    }
  });

  test('may have a body, which is not looked at', async () => {
    const body = 'x'.repeat(100_000);
    for (const headers of [{}, { 'Content-Type': 'application/json' }]) {
      const answer = await ledger.client.request(`/ledger/${JTI}`, {
        method: 'DELETE',
        body: Buffer.from(body),
        headers,
      });
      expectProblem(answer, 'method-not-allowed', 405);
    }
  });

  test('is told for GET where only POST is possible', async () => {
    const answer = await ledger.client.get('/ledger/batch');
    expectProblem(answer, 'method-not-allowed', 405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

test.each([
  '/docs',
  '/docs/',
  '/openapi.json',
  '/health/live',
  '/metrics',
  '/problems/expired',
  '/.well-known/jwks.json',
])('a parameter that %s does not have is an invalid request', async (path) => {
  const errors = [{ pointer: '/query/no~1such', message: 'unknown' }];
  expectProblem(await ledger.client.get(`${path}?no%2Fsuch=1`), 'invalid-request', 400, { errors });
  expect((await ledger.client.get(path)).status).toBe(200);
});

describe('an unknown path', () => {
  test.each([
    '/assets/',
    '/assets/no-such-asset.js',
    '/assets/../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/index.html',
    '/ledger/',
    `/ledger/${JTI}/parents`,
    `/ledger/${JTI}/ancestry/x`,
    '/Ledger',
    '//ledger',
    '/problems/no-such-problem',
    '/problems/__proto__',
    '/problems/',
    '/docs/no-such-asset.js',
    '/docs/../ledger',
    '/log',
    '/log/',
    '/log/entries/',
    '/.well-known/',
    '/favicon.ico',
    '/nonsense?query=1',
    `/ledger/${'a'.repeat(300)}`,
  ])('is not found, or no request: %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, body } = await exchange(
        ledger.client.url,
        `${method} ${path} HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0\r\n\r\n`,
      );
      expect([404, 400, 405]).toContain(status);
      expect(['not-found', 'invalid-request', 'method-not-allowed']).toContain(codeIn(body));
    }
  });

  test('is a problem', async () => {
    expectProblem(await ledger.client.get('/nonsense'), 'not-found', 404);
    expectProblem(
      await ledger.client.post('/nonsense', 'x', { 'Content-Type': 'image/png' }),
      'not-found',
      404,
    );
  });
});

describe('what is no acceptable HTTP', () => {
  const SIZE = 32 * 1024;
  const send = (text: string): Promise<RawAnswer> => exchange(ledger.client.url, text);
  const head = (line: string, ...headers: readonly string[]) => [line, ...headers, '', ''].join('\r\n');

  test('is 431 when the headers are larger than 32 KiB', async () => {
    const answer = await send(
      head('POST /ledger HTTP/1.1', 'Host: ledger', `Execution-Context: ${'a'.repeat(SIZE)}`),
    );
    expect(answer.status).toBe(431);
    expect(answer.head).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'request-too-large', status: 431 });
  });

  test('is looked at when the headers are a little smaller', async () => {
    const value = `${'a'.repeat(16_000)},${'b'.repeat(16_000)}`;
    const answer = await send(
      head('POST /ledger HTTP/1.1', 'Host: ledger', 'Content-Length: 0', `Execution-Context: ${value}`),
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ results: [{ status: 400 }, { status: 400 }] });
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['an unknown method', head('RECORD /ledger HTTP/1.1', 'Host: ledger')],
    ['no Host', head('GET /ledger HTTP/1.1')],
    ['two Hosts', head('GET /ledger HTTP/1.1', 'Host: ledger', 'host: other')],
    [
      'two types',
      head(
        'POST /ledger HTTP/1.1',
        'Host: ledger',
        'Content-Type: text/plain',
        'Content-Type: application/json',
      ),
    ],
    ['two lengths', head('POST /ledger HTTP/1.1', 'Host: ledger', 'Content-Length: 1', 'Content-Length: 2')],
    [
      'a length and chunks',
      head('POST /ledger HTTP/1.1', 'Host: ledger', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    ],
    ['a negative length', head('POST /ledger HTTP/1.1', 'Host: ledger', 'Content-Length: -1')],
    ['a broken header', head('GET /ledger HTTP/1.1', 'Host: ledger', 'No colon here')],
    ['a NUL in a header', head('GET /ledger HTTP/1.1', 'Host: ledger', 'X-A: \0')],
    [
      'a broken chunk',
      `${head('POST /ledger HTTP/1.1', 'Host: ledger', 'Content-Type: text/plain', 'Transfer-Encoding: chunked')}zz\r\n`,
    ],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('is a problem: %s', async (_name, text) => {
    const { status, head: answered, body } = await send(text);
    expect(status).toBe(400);
    expect(answered).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(body)).toMatchObject({
      code: 'invalid-request',
      status: 400,
      type: '/problems/invalid-request',
    });
  });

  test('is not an expectation that nobody knows', async () => {
    const answer = await send(head('GET /ledger HTTP/1.1', 'Host: ledger', 'Expect: miracles'));
    expect(answer.status).toBe(200);
  });

  test('does not stop the service', async () => {
    expect(await ledger.client.get('/health/live')).toMatchObject({ status: 200 });
    expect(await ledger.client.countEntries()).toBe(0);
  });
});

describe('every answer', () => {
  test('carries a request id, which a problem repeats', async () => {
    const ok = await ledger.client.get('/health/live');
    const answer = await ledger.client.get('/nonsense');
    expect(ok.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body).toMatchObject({ instance: answer.headers.get('x-request-id') });
    expect(answer.headers.get('x-request-id')).not.toBe(ok.headers.get('x-request-id'));
  });

  test('forbids content sniffing and framing', async () => {
    const { headers } = await ledger.client.get('/health/live');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });
});

function codeIn(body: string): unknown {
  return (JSON.parse(body) as { code?: unknown }).code;
}
