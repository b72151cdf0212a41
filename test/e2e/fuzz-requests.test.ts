import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countRecorded, expectKnownProblem, expectSane } from '../support/sane-answer.js';
import { exchange } from '../support/raw-http.js';
import { startService, type TestService } from '../support/service.js';

/** What may stand in a header's value. */
const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
});
const mediaType = fc.oneof(
  fc.constantFrom(
    'application/jwt',
    'text/plain',
    'application/json',
    'application/x-ndjson',
    'application/wimse-exec+jwt; charset=utf-8',
    'application/json;charset="',
    'text/plain; charset=utf-7; charset=utf-8',
  ),
  headerText,
);
const rarely = (arbitrary: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, arbitrary);
const headers = fc.record({
  'Content-Type': fc.oneof({ weight: 8, arbitrary: mediaType }, fc.constant(undefined)),
  Accept: rarely(fc.oneof(headerText, fc.constantFrom('application/jwt;q=x', '*/*;q=1e9', ';,;q=='))),
  Prefer: rarely(fc.oneof(headerText, fc.constantFrom('return=minimal', 'return="minimal', ';='))),
  'Execution-Context': rarely(fc.oneof(headerText, fc.constantFrom(',', 'a.b.c', 'a.b.c, a.b.c'))),
  'Content-Encoding': rarely(fc.oneof(headerText, fc.constantFrom('gzip', 'identity', 'deflate'))),
});
const good = fc.constant('{good}');
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.json(),
  good,
  fc
    .record({ ect: fc.oneof(fc.jsonValue(), good) }, { requiredKeys: [] })
    .map((value) => JSON.stringify(value)),
  fc
    .dictionary(fc.constantFrom('ect', 'ects', '__proto__', ''), fc.oneof(fc.array(good), fc.jsonValue()))
    .map((value) => JSON.stringify(value)),
  fc.array(fc.oneof(fc.string(), good)).map((lines) => lines.join('\n')),
);

const segment = fc.oneof(
  fc.uuid(),
  fc.webSegment(),
  fc.constantFrom(
    '',
    '..',
    '.',
    '%00',
    '%ff',
    '%2e%2e',
    '%2f',
    '{jti}',
    'none',
    'batch',
    '__proto__',
    '*',
    '🌳',
    '%',
    ';a=b',
  ),
);
const path = fc
  .tuple(
    fc.constantFrom(
      'ledger',
      'workflows',
      'health',
      'metrics',
      'problems',
      'docs',
      'openapi.json',
      'log',
      'events',
      '',
    ),
    fc.array(fc.oneof(segment, fc.constantFrom('ancestry', 'descendants', 'live', 'ready')), {
      maxLength: 3,
    }),
  )
  .map(([first, rest]) => `/${[first, ...rest].join('/')}`);

const PARAMETERS = [
  'wid',
  'iss',
  'exec_act',
  'kid',
  'pol_decision',
  'from',
  'to',
  'order',
  'limit',
  'cursor',
  'depth',
  'at',
];
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uuid(),
  fc.integer().map(String),
  fc.date({ noInvalidDate: false }).map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.base64String(),
  fc
    .tuple(fc.constantFrom('asc', 'desc'), fc.bigInt({ min: -5n, max: 10n ** 16n }))
    .map(([order, index]) => Buffer.from(`${order}.${index}`).toString('base64url')),
  fc.constantFrom(
    'none',
    'asc',
    'desc',
    'approved',
    'json',
    '0',
    '1',
    '1000',
    '9007199254740991',
    '9'.repeat(20),
    '\0',
    'NaN',
  ),
  fc.constantFrom(
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '2026-06-30T23:59:60Z',
    '0001-01-01T00:00:00+23:59',
  ),
);
const query = fc.array(
  fc.tuple(fc.constantFrom(...PARAMETERS, 'format', 'entries', 'x', '__proto__', ''), value),
  { maxLength: 4 },
);

describe('hostile requests', () => {
  let ledger: TestService;
  let recorded = 0;

  beforeAll(async () => {
    ledger = await startService({ store: 'postgres' });
    for (; recorded < 5; recorded++) await ledger.client.recorded(await ledger.cast.a.sign());
  });

  afterAll(() => ledger.close());

  async function expectCount(): Promise<void> {
    expect(await ledger.client.countEntries()).toBe(recorded);
  }

  test('to record are answered sanely, and record what they say', async () => {
    const target = fc.constantFrom('/ledger', '/ledger/batch', '/ledger/batch?entries=false');
    await fc.assert(
      fc.asyncProperty(target, body, headers, async (route, template, sent) => {
        const compact = await ledger.cast.a.sign();
        const text = template.replaceAll('{good}', compact);
        const given = Object.fromEntries(
          Object.entries(sent).flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const])),
        );
        const answer = await ledger.client.post(route, Buffer.from(text, 'latin1'), given);
        expectSane(answer);
        recorded += countRecorded(answer);
        await expectCount();
      }),
      { numRuns: 200 },
    );
    expect(recorded).toBeGreaterThan(5);
  });

  test('to read are answered sanely, whatever path and query', async () => {
    const method = fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'DELETE', 'POST');
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        fc.option(headerText),
        async (verb, route, parameters, accept) => {
          const search = new URLSearchParams(parameters).toString();
          const url = encodeURI(route).replaceAll('%25', '%');
          const init = { method: verb, ...(accept !== null && { headers: { Accept: accept } }) };
          const answer = await ledger.client.request(`${url}?${search}`, init);
          if (verb !== 'HEAD') expectSane(answer);
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 250 },
    );
    await expectCount();
  });

  test('to search are answered sanely, whatever parameters', async () => {
    const route = fc.constantFrom(
      '/ledger',
      '/workflows',
      `/ledger/{jti}`,
      '/ledger/{jti}/ancestry',
      '/ledger/{jti}/descendants',
    );
    const { body: page } = await ledger.client.get<{ entries: readonly { jti: string }[] }>(
      '/ledger?limit=1',
    );
    const jti = page.entries[0]?.jti ?? '';
    await fc.assert(
      fc.asyncProperty(route, query, async (template, parameters) => {
        const search = new URLSearchParams(parameters).toString();
        expectSane(await ledger.client.get(`${template.replace('{jti}', jti)}?${search}`));
      }),
      { numRuns: 200 },
    );
    await expectCount();
  });
});

describe('hostile bytes', () => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store: 'memory' });
  });

  afterAll(() => ledger.close());

  const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const line = fc.oneof(
    latin1,
    fc.constantFrom(
      'Host: ledger',
      'Content-Length: 3',
      'Content-Length: x',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
    ),
    fc.constantFrom(
      'Upgrade: websocket',
      'Connection: upgrade',
      'Connection: close',
      'Content-Type: text/plain',
      'TE: trailers',
    ),
    headerText.map((text) => `X-Any: ${text}`),
  );
  const first = fc
    .tuple(
      fc.oneof(
        fc.constantFrom('GET', 'POST', 'HEAD', 'TRACE', 'PROPFIND', 'CONNECT', 'get', 'QUERY'),
        latin1,
      ),
      fc.oneof(path, latin1, fc.constantFrom('*', 'http://ledger/ledger', '/ledger', 'ledger:80')),
      fc.oneof(fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9'), latin1),
    )
    .map((words) => words.join(' '));

  test('get a sane answer or none', async () => {
    await fc.assert(
      fc.asyncProperty(first, fc.array(line, { maxLength: 5 }), latin1, async (start, lines, rest) => {
        const bytes = Buffer.from([start, ...lines, '', rest].join('\r\n'), 'latin1');
        const { status, head, body: text } = await exchange(ledger.client.url, bytes, 50);
        expect([status, head]).toEqual([expect.any(Number), status < 500 ? expect.any(String) : '']);
        if (status < 400 || start.startsWith('HEAD')) return;
        expect(head).toMatch(/^content-type: application\/problem\+json/im);
        expectKnownProblem(JSON.parse(Buffer.from(text, 'latin1').toString('utf8')), status);
      }),
      { numRuns: 300 },
    );
    expect(await ledger.client.get('/health/live')).toMatchObject({ status: 200 });
    expect(await ledger.client.countEntries()).toBe(0);
  });
});
