import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PROBLEM_CODES } from '../../src/domain/errors.js';
import type { Answer, EntryJson } from '../support/client.js';
import { expectDocumented, type OpenApi, operationsOf, refsIn, resolveRef } from '../support/openapi.js';
import { startService, type TestService } from '../support/service.js';

let ledger: TestService;
let document: OpenApi;
let entry: EntryJson;

beforeAll(async () => {
  ledger = await startService({ store: 'memory' });
  const jti = randomUUID();
  await ledger.client.recorded(await ledger.cast.a.sign({ jti }));
  await ledger.client.recorded(await ledger.cast.a.sign({ jti, wid: randomUUID() }));
  entry = await ledger.client.recorded(await ledger.cast.a.sign({ wid: randomUUID() }));
  document = (await ledger.client.get<OpenApi>('/openapi.json')).body;
});

afterAll(() => ledger.close());

/** Routes and query parameters of `http-api.md`. */
const ROUTES: readonly (readonly [string, string, readonly string[]])[] = [
  ['POST', '/ledger', []],
  ['POST', '/ledger/batch', ['entries']],
  [
    'GET',
    '/ledger',
    ['wid', 'iss', 'exec_act', 'kid', 'jkt', 'pol_decision', 'from', 'to', 'order', 'limit', 'cursor'],
  ],
  ['GET', '/keys', ['iss', 'limit', 'cursor']],
  ['GET', '/keys/{jkt}', []],
  ['POST', '/replay', []],
  ['POST', '/keys/{jkt}/revocation', []],
  ['GET', '/keys/{jkt}/impact', ['from', 'limit']],
  ['GET', '/ledger/{jti}', ['wid']],
  ['GET', '/ledger/{jti}/ancestry', ['wid', 'depth', 'limit', 'format']],
  ['GET', '/ledger/{jti}/descendants', ['wid', 'depth', 'limit', 'format', 'at']],
  ['GET', '/ledger/{jti}/receipt', ['wid', 'size']],
  ['GET', '/log/checkpoint', []],
  ['GET', '/log/tile/{path}', []],
  ['GET', '/log/proof/inclusion', ['index', 'size']],
  ['GET', '/log/proof/consistency', ['first', 'second']],
  ['GET', '/log/entries/{index}', []],
  ['GET', '/.well-known/jwks.json', []],
  ['GET', '/workflows', ['iss', 'flags', 'cursor', 'limit']],
  ['GET', '/events', ['wid', 'after']],
  ['GET', '/workflows/{wid}', ['format', 'limit']],
  ['GET', '/health/live', []],
  ['GET', '/health/ready', []],
  ['GET', '/metrics', []],
  ['GET', '/problems/{code}', []],
];

describe('the OpenAPI document', () => {
  test.each(ROUTES)('names %s %s and its parameters', (method, path, query) => {
    const operation = document.paths[path]?.[method.toLowerCase()];
    const names = (operation?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
    expect(operation).toBeDefined();
    expect([...names].sort()).toEqual([...query].sort());
  });

  test('is whole: every reference resolves, every path parameter is declared, every operation has a name and a purpose', () => {
    expect(document.openapi).toMatch(/^3\./);
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(0);
    expect(refs.filter((ref) => resolveRef(document, ref) === undefined)).toEqual([]);
    const operations = operationsOf(document);
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
      expect(operation.summary).toMatch(/./);
    }
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  test("shows the log's public key", () => {
    expect(document.info.description).toContain(ledger.service.vkeys[0]);
  });

  test('names the headers and media types of recording', () => {
    const one = document.paths['/ledger']?.['post'];
    const headers = (one?.parameters ?? []).filter((parameter) => parameter.in === 'header');
    expect(headers.map(({ name }) => name).sort()).toEqual([
      'Execution-Context',
      'Prefer',
      'Workload-Identity-Token',
    ]);
    const types = ['application/wimse-exec+jwt', 'application/exec+jwt', 'application/jwt', 'text/plain'];
    expect(Object.keys(one?.requestBody?.content ?? {})).toEqual([...types, 'application/json']);
    const batch = document.paths['/ledger/batch']?.['post'];
    const batchTypes = ['application/x-ndjson', 'text/plain', 'application/json'];
    expect(Object.keys(batch?.requestBody?.content ?? {})).toEqual(batchTypes);
  });

  test('names the problems of each route, with links to their pages', () => {
    const named = new Set<string>();
    for (const { operation } of operationsOf(document)) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        if (!content?.['application/problem+json']) continue;
        const codes = [...description.matchAll(/\[`([a-z-]+)`\]\(\/problems\/\1\)/g)].map(
          ([, code = '']) => code,
        );
        expect([status, codes.length > 0]).toEqual([status, true]);
        for (const code of codes) named.add(code);
      }
    }
    const elsewhere = ['unauthorized', 'forbidden', 'method-not-allowed', 'rate-limited', 'internal-error'];
    expect([...named, ...elsewhere].sort()).toEqual([...PROBLEM_CODES].sort());
  });
});

describe('what the document says of answers holds', () => {
  const path = () => `/ledger/${entry.jti}`;
  const revocationPath = `/keys/${'A'.repeat(43)}/revocation`;
  const revoke = (reason: string) =>
    ledger.client.post(revocationPath, JSON.stringify({ reason }), { 'Content-Type': 'application/json' });
  const samples: readonly (readonly [string, string, number, () => Promise<Answer>])[] = [
    [
      'POST',
      '/ledger',
      201,
      async () => ledger.client.record(await ledger.cast.b.sign({ wid: randomUUID() })),
    ],
    ['POST', '/ledger', 200, () => ledger.client.record(entry.ect)],
    ['POST', '/ledger', 200, () => ledger.client.record(entry.ect, { Prefer: 'return=minimal' })],
    [
      'POST',
      '/ledger',
      200,
      () => ledger.client.post('/ledger', '', { 'Execution-Context': `${entry.ect},x` }),
    ],
    ['POST', '/ledger', 400, () => ledger.client.record('x')],
    ['POST', '/ledger', 400, () => ledger.client.post('/ledger?x', '')],
    ['POST', '/ledger', 403, async () => ledger.client.record(await ledger.cast.stranger.sign())],
    ['POST', '/ledger', 409, async () => ledger.client.record(await ledger.cast.a.sign({ jti: entry.jti }))],
    ['POST', '/ledger', 413, () => ledger.client.record('x'.repeat(20_000))],
    ['POST', '/ledger', 415, () => ledger.client.post('/ledger', 'x')],
    [
      'POST',
      '/ledger',
      422,
      async () => ledger.client.record(await ledger.cast.a.sign({ parents: [randomUUID()] })),
    ],
    [
      'POST',
      '/ledger/batch',
      200,
      async () => ledger.client.recordBatch([entry.ect, 'x', await ledger.cast.b.sign()]),
    ],
    ['POST', '/ledger/batch', 200, () => ledger.client.recordBatch([entry.ect, 'x'], '?entries=false')],
    ['POST', '/ledger/batch', 400, () => ledger.client.recordBatch([])],
    ['POST', '/ledger/batch', 413, () => ledger.client.recordBatch(Array.from({ length: 1001 }, () => 'x'))],
    ['POST', '/ledger/batch', 415, () => ledger.client.post('/ledger/batch', 'x')],
    ['GET', '/ledger', 200, () => ledger.client.get('/ledger')],
    ['GET', '/ledger', 400, () => ledger.client.get('/ledger?page=1')],
    ['GET', '/keys', 200, () => ledger.client.get('/keys')],
    ['GET', '/keys', 400, () => ledger.client.get('/keys?kid=x')],
    ['GET', '/keys/{jkt}', 200, () => ledger.client.get(`/keys/${entry.jkt}`)],
    ['GET', '/keys/{jkt}', 400, () => ledger.client.get('/keys/x')],
    ['GET', '/keys/{jkt}', 404, () => ledger.client.get(`/keys/${'A'.repeat(43)}`)],
    ['GET', '/keys/{jkt}/impact', 200, () => ledger.client.get(`/keys/${entry.jkt}/impact`)],
    ['GET', '/keys/{jkt}/impact', 400, () => ledger.client.get(`/keys/${entry.jkt}/impact?from=x`)],
    ['GET', '/keys/{jkt}/impact', 404, () => ledger.client.get(`/keys/${'A'.repeat(43)}/impact`)],
    ['POST', '/keys/{jkt}/revocation', 201, () => revoke('reason')],
    ['POST', '/keys/{jkt}/revocation', 200, () => revoke('again')],
    ['POST', '/keys/{jkt}/revocation', 400, () => revoke('')],
    ['POST', '/keys/{jkt}/revocation', 415, () => ledger.client.post(revocationPath, '{}')],
    ['GET', '/ledger/{jti}', 200, () => ledger.client.get(path())],
    ['GET', '/ledger/{jti}', 200, () => ledger.client.get(path(), { Accept: 'application/jwt' })],
    ['GET', '/ledger/{jti}', 400, () => ledger.client.get('/ledger/x')],
    ['GET', '/ledger/{jti}', 404, () => ledger.client.get(`/ledger/${randomUUID()}`)],
    ['GET', '/ledger/{jti}', 409, async () => ledger.client.get(`/ledger/${await ambiguousJti()}`)],
    ['GET', '/ledger/{jti}/ancestry', 200, () => ledger.client.get(`${path()}/ancestry`)],
    [
      'GET',
      '/ledger/{jti}/ancestry',
      409,
      async () => ledger.client.get(`/ledger/${await ambiguousJti()}/ancestry`),
    ],
    ['GET', '/ledger/{jti}/descendants', 200, () => ledger.client.get(`${path()}/descendants`)],
    ['GET', '/ledger/{jti}/ancestry', 200, () => ledger.client.get(`${path()}/ancestry?format=dot`)],
    [
      'GET',
      '/ledger/{jti}/descendants',
      200,
      () => ledger.client.get(`${path()}/descendants?format=mermaid`),
    ],
    [
      'GET',
      '/workflows/{wid}',
      200,
      () => ledger.client.get(`/workflows/${entry.wid ?? ''}`, { Accept: 'application/x-ndjson' }),
    ],
    ['GET', '/ledger/{jti}/descendants', 400, () => ledger.client.get(`${path()}/descendants?at=0`)],
    ['GET', '/ledger/{jti}/receipt', 200, () => ledger.client.get(`${path()}/receipt`)],
    [
      'GET',
      '/ledger/{jti}/receipt',
      200,
      () => ledger.client.get(`${path()}/receipt`, { Accept: 'text/plain' }),
    ],
    ['GET', '/ledger/{jti}/receipt', 400, () => ledger.client.get(`${path()}/receipt?size=x`)],
    ['GET', '/ledger/{jti}/receipt', 404, () => ledger.client.get(`${path()}/receipt?size=999999`)],
    [
      'GET',
      '/ledger/{jti}/receipt',
      409,
      async () => ledger.client.get(`/ledger/${await ambiguousJti()}/receipt`),
    ],
    ['POST', '/replay', 200, () => replay({ jti: entry.jti })],
    ['POST', '/replay', 200, () => replay({ jti: entry.jti, ttl: 60 })],
    ['POST', '/replay', 400, () => replay({})],
    ['POST', '/replay', 413, () => replay({ jti: entry.jti, scope: 'x'.repeat(5_000) })],
    ['POST', '/replay', 415, () => ledger.client.post('/replay', 'x')],
    ['GET', '/log/checkpoint', 200, () => ledger.client.get('/log/checkpoint')],
    ['GET', '/log/checkpoint', 400, () => ledger.client.get('/log/checkpoint?size=1')],
    ['GET', '/log/tile/{path}', 200, () => ledger.client.get('/log/tile/0/000.p/1')],
    ['GET', '/log/tile/{path}', 200, () => ledger.client.get('/log/tile/entries%2F000.p%2F1')],
    ['GET', '/log/tile/{path}', 400, () => ledger.client.get('/log/tile/0/000.p/1?x')],
    ['GET', '/log/tile/{path}', 404, () => ledger.client.get('/log/tile/0/999')],
    ['GET', '/log/proof/inclusion', 200, () => ledger.client.get('/log/proof/inclusion?index=0&size=1')],
    ['GET', '/log/proof/inclusion', 400, () => ledger.client.get('/log/proof/inclusion?index=1&size=1')],
    [
      'GET',
      '/log/proof/consistency',
      200,
      () => ledger.client.get('/log/proof/consistency?first=1&second=2'),
    ],
    [
      'GET',
      '/log/proof/consistency',
      400,
      () => ledger.client.get('/log/proof/consistency?first=1&second=999999'),
    ],
    ['GET', '/log/entries/{index}', 200, () => ledger.client.get('/log/entries/0')],
    ['GET', '/log/entries/{index}', 200, () => ledger.client.get('/log/entries/1')],
    ['GET', '/log/entries/{index}', 400, () => ledger.client.get('/log/entries/x')],
    ['GET', '/log/entries/{index}', 404, () => ledger.client.get('/log/entries/999999')],
    ['GET', '/.well-known/jwks.json', 200, () => ledger.client.get('/.well-known/jwks.json')],
    ['GET', '/.well-known/jwks.json', 400, () => ledger.client.get('/.well-known/jwks.json?x')],
    ['GET', '/workflows', 200, () => ledger.client.get('/workflows?limit=1&flags=true')],
    ['GET', '/workflows', 400, () => ledger.client.get('/workflows?limit=0')],
    ['GET', '/workflows/{wid}', 200, () => ledger.client.get(`/workflows/${entry.wid ?? ''}`)],
    ['GET', '/workflows/{wid}', 404, () => ledger.client.get(`/workflows/${randomUUID()}`)],
    ['GET', '/events', 200, () => ledger.client.get('/events?after=0')],
    ['GET', '/events', 400, () => ledger.client.get('/events?after=x')],
    ['GET', '/health/live', 200, () => ledger.client.get('/health/live')],
    ['GET', '/health/ready', 200, () => ledger.client.get('/health/ready')],
    ['GET', '/health/ready', 400, () => ledger.client.get('/health/ready?verbose')],
    ['GET', '/metrics', 200, () => ledger.client.get('/metrics')],
    ['GET', '/metrics', 400, () => ledger.client.get('/metrics?name=x')],
    ['GET', '/problems/{code}', 200, () => ledger.client.get('/problems/cycle')],
    ['GET', '/problems/{code}', 404, () => ledger.client.get('/problems/none')],
  ];

  test.each(samples)('%s %s %d', async (method, route, status, send) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expectDocumented(document, method, route, answer);
  });

  function replay(question: object): Promise<Answer> {
    return ledger.client.post('/replay', JSON.stringify(question), { 'Content-Type': 'application/json' });
  }

  async function ambiguousJti(): Promise<string> {
    const { body } = await ledger.client.get<{ entries: readonly EntryJson[] }>('/ledger?limit=1');
    return body.entries[0]?.jti ?? '';
  }
});
