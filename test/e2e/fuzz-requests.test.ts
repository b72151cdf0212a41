import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerText, path } from '../support/hostile.js';
import { exchange } from '../support/raw-http.js';
import { countRecorded, expectKnownProblem, expectSane } from '../support/sane-answer.js';
import { startService, type TestService } from '../support/service.js';

const knownType = fc.constantFrom(
  'application/jwt',
  'text/plain',
  'application/json',
  'application/x-ndjson',
  'application/wimse-exec+jwt; charset=utf-8',
  'application/json;charset="',
  'text/plain; charset=utf-7; charset=utf-8',
);
const mediaType = fc.oneof({ weight: 3, arbitrary: knownType }, headerText);
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
  { weight: 4, arbitrary: good },
  fc
    .record({ ect: fc.oneof(fc.jsonValue(), good) }, { requiredKeys: [] })
    .map((value) => JSON.stringify(value)),
  fc
    .dictionary(fc.constantFrom('ect', 'ects', '__proto__', ''), fc.oneof(fc.array(good), fc.jsonValue()))
    .map((value) => JSON.stringify(value)),
  fc.array(fc.oneof(fc.string(), good)).map((lines) => lines.join('\n')),
);

describe('hostile requests', () => {
  let ledger: TestService;
  let recorded = 0;

  beforeAll(async () => {
    ledger = await startService({ store: 'postgres' });
  });

  afterAll(() => ledger.close());

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
        expect(await ledger.client.countEntries()).toBe(recorded);
      }),
      { numRuns: 200 },
    );
    expect(recorded).toBeGreaterThan(0);
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
