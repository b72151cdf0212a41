import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { expectProblem, faultsAt, TOKEN_TYPE } from '../support/client.js';
import { exchange } from '../support/raw-http.js';
import { startService, type TestService } from '../support/service.js';

let ledger: TestService;
let compact: string;

beforeAll(async () => {
  ledger = await startService({ store: 'memory' });
  compact = await ledger.cast.a.sign();
});

afterEach(async () => {
  expect(await ledger.client.countEntries()).toBe(0);
});

afterAll(() => ledger.close());

const JSON_TYPE = { 'Content-Type': 'application/json' };
const PATHS = ['/ledger', '/ledger/batch'];

describe('what is sent', () => {
  test('is refused when a body comes beside the header', async () => {
    const headers = { 'Execution-Context': compact };
    expectProblem(await ledger.client.record(compact, headers), 'invalid-request', 400, faultsAt(''));
  });

  test('is refused when there is neither body nor header', async () => {
    for (const headers of [{}, { 'Content-Type': TOKEN_TYPE }, { 'Execution-Context': ' , ' }])
      expectProblem(await ledger.client.post('/ledger', '', headers), 'invalid-request', 400, faultsAt(''));
  });

  test('is refused as malformed when the body is white space', async () => {
    expectProblem(await ledger.client.record(' \r\n'), 'malformed-token', 400);
  });
});

describe('the Content-Type', () => {
  test.each(PATHS)('of a body must be there: %s', async (path) => {
    expectProblem(await ledger.client.post(path, compact), 'unsupported-media-type', 415);
  });

  test.each([
    'application/octet-stream',
    'application/xml',
    'application/x-ndjson',
    'application/jose+json',
    'application/jwt-x',
    'multipart/form-data; boundary=x',
    'text/html',
    'text/*',
    'text/plain; charset=iso-8859-1',
    'application/json; charset=utf-16',
    'jwt',
    ';',
    '/',
    'text/plain/plain',
  ])('of one token must be one of its own: %s', async (type) => {
    const answer = await ledger.client.post('/ledger', compact, { 'Content-Type': type });
    expectProblem(answer, 'unsupported-media-type', 415);
  });

  test.each(['application/jwt', TOKEN_TYPE, 'application/ndjson', 'text/csv', 'text/plain;charset=latin1'])(
    'of a batch must be one of its own: %s',
    async (type) => {
      const answer = await ledger.client.post('/ledger/batch', compact, { 'Content-Type': type });
      expectProblem(answer, 'unsupported-media-type', 415);
    },
  );

  test.each(PATHS)('does not help a content coding: %s', async (path) => {
    for (const coding of ['gzip', 'GZIP', 'br', 'identity, gzip']) {
      const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': coding };
      const answer = await ledger.client.post(path, gzipSync(compact), headers);
      expectProblem(answer, 'unsupported-media-type', 415);
    }
  });
});

describe('a JSON body', () => {
  test.each([
    ['{"ect": "a", "extra": 1, "a/b~": 2}', ['/extra', '/a~1b~0']],
    ['{}', ['/ect']],
    ['{"ect": 1}', ['/ect']],
    ['{"ect": ["a"]}', ['/ect']],
    ['{"__proto__": {"ect": "a"}}', ['/ect', '/__proto__']],
    ['{"ect": "a", "ect": "b"}', ['']],
    ['["a"]', ['']],
    ['"a"', ['']],
    ['null', ['']],
    ['{"ect": "a"', ['']],
    ['\uFEFF{"ect": "a"}', ['']],
  ])('of one token must be {"ect"}: %s', async (body, pointers) => {
    const answer = await ledger.client.post('/ledger', body, JSON_TYPE);
    expectProblem(answer, 'invalid-request', 400, faultsAt(...pointers));
  });

  test.each([
    ['{"ects": ["a"], "extra": 1}', ['/extra']],
    ['{"ect": "a"}', ['/ects', '/ect']],
    ['{"ects": "a"}', ['/ects']],
    ['{"ects": ["a", 1, null]}', ['/ects/1', '/ects/2']],
  ])('of a batch must be {"ects"}: %s', async (body, pointers) => {
    const answer = await ledger.client.post('/ledger/batch', body, JSON_TYPE);
    expectProblem(answer, 'invalid-request', 400, faultsAt(...pointers));
  });

  test.each(PATHS)('must be UTF-8: %s', async (path) => {
    const answer = await ledger.client.post(path, new Uint8Array([0x7b, 0xff, 0x7d]), JSON_TYPE);
    expectProblem(answer, 'invalid-request', 400, faultsAt(''));
  });

  test('may be nested as deeply as it likes', async () => {
    const answer = await ledger.client.post(
      '/ledger',
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      JSON_TYPE,
    );
    expectProblem(answer, 'invalid-request', 400, faultsAt(''));
  });
});

test('a text body that is not UTF-8 is no token', async () => {
  const answer = await ledger.client.post('/ledger', new Uint8Array([0xc3, 0x28]), {
    'Content-Type': TOKEN_TYPE,
  });
  expectProblem(answer, 'malformed-token', 400);
});

describe('an unknown query parameter', () => {
  test.each([
    ['/ledger?wid=x', ['/query/wid']],
    ['/ledger/batch?entry=false', ['/query/entry']],
    ['/ledger/batch?entries=maybe', ['/query/entries']],
    ['/ledger/batch?entries=true&entries=true', ['/query/entries']],
    ['/ledger/batch?entries', ['/query/entries']],
  ])('is refused: %s', async (path, pointers) => {
    const answer = await ledger.client.post(path, compact, { 'Content-Type': 'text/plain' });
    expectProblem(answer, 'invalid-request', 400, faultsAt(...pointers));
  });
});

describe('size', () => {
  const LIMIT = 16_384;

  test('a token over the limit is token-too-large, however it comes', async () => {
    const { client } = ledger;
    const token = 'a'.repeat(LIMIT + 1);
    const asJson = JSON.stringify({ ect: token });
    expectProblem(await client.record(token), 'token-too-large', 413);
    expectProblem(await client.record('a'.repeat(10 * LIMIT)), 'token-too-large', 413);
    for (const json of [asJson, JSON.stringify({ ect: 'a'.repeat(10 * LIMIT) })])
      expectProblem(await client.post('/ledger', json, JSON_TYPE), 'token-too-large', 413);
    expectProblem(await client.post('/ledger', '', { 'Execution-Context': token }), 'token-too-large', 413);
    const batch = await client.recordBatch([token, 'a'.repeat(LIMIT)]);
    expect(batch.body.results).toMatchObject([
      { status: 413, problem: { code: 'token-too-large' } },
      { status: 400, problem: { code: 'malformed-token' } },
    ]);
  });

  test('a token at the limit is looked at', async () => {
    expectProblem(await ledger.client.record('a'.repeat(LIMIT)), 'malformed-token', 400);
  });

  test('a batch over 32 MiB is request-too-large', async () => {
    const answer = await ledger.client.post('/ledger/batch', new Uint8Array(32 * 1024 * 1024 + 1), {
      'Content-Type': 'text/plain',
    });
    expectProblem(answer, 'request-too-large', 413);
  });

  test('a body that announces less or nothing is cut off at the limit all the same', async () => {
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const { status, body } = await exchange(
      ledger.client.url,
      `POST /ledger HTTP/1.1\r\nHost: ledger\r\nContent-Type: ${TOKEN_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(7)}0\r\n\r\n`,
    );
    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 413,
      body: { code: 'token-too-large' },
    });
  });
});
