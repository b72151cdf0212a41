import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PROBLEM_CODES } from '../../src/domain/errors.js';
import { PROBLEM_KINDS } from '../../src/http/problem.js';
import { expectProblem, faultsAt } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

describe.each(STORES)('health and metrics (%s)', (store) => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store });
  });

  afterAll(() => ledger.close());

  test('the service is alive and ready', async () => {
    expect(await ledger.client.get('/health/live')).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: {} },
    });
    const ready = await ledger.client.get('/health/ready');
    expect(ready).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        checks: {
          store: { status: 'ok', detail: expect.stringContaining(store) },
          trust: { status: 'ok', detail: '2 issuers, 2 keys' },
        },
      },
    });
  });

  test('metrics count what was recorded, rejected, verified, appended and answered', async () => {
    const { client, cast } = ledger;
    const before = await metrics();
    const compact = await cast.a.sign();
    await client.recordBatch([compact, await cast.a.sign(), 'x', 'y']);
    await client.record(compact);
    await client.record(await cast.stranger.sign());
    await client.get(`/ledger/${randomUUID()}`);
    await client.get(`/nonsense/${randomUUID()}`);
    const after = await metrics();
    const moved = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(moved('ect_ledger_recorded_total')).toBe(2);
    expect(moved('ect_ledger_rejected_total{code="malformed-token"}')).toBe(2);
    expect(moved('ect_ledger_rejected_total{code="unknown-key"}')).toBe(1);
    expect(moved('ect_ledger_verification_seconds_count')).toBe(6);
    expect(moved('ect_ledger_append_seconds_count')).toBe(2);
    expect(moved('ect_ledger_batch_size_sum')).toBe(3);
    expect(after.get('ect_ledger_queue_depth')).toBe(0);
    const answered = (route: string, method: string, status: number) =>
      moved(`ect_ledger_http_request_seconds_count{route="${route}",method="${method}",status="${status}"}`);
    expect(answered('/ledger/batch', 'POST', 200)).toBe(1);
    expect(answered('/ledger', 'POST', 200)).toBe(1);
    expect(answered('/ledger', 'POST', 403)).toBe(1);
    expect(answered('/ledger/:jti', 'GET', 404)).toBe(1);
    expect(answered('none', 'GET', 404)).toBe(1);
  });

  test('metrics are text for Prometheus, with a help line each', async () => {
    const { headers, text } = await ledger.client.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const helped = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
    expect(helped).toEqual(names);
    expect(names.has('process_resident_memory_bytes')).toBe(true);
  });

  test.each(['/health/live', '/health/ready', '/metrics', '/problems/cycle'])(
    '%s takes no query',
    async (path) => {
      const answer = await ledger.client.get(`${path}?verbose=1`);
      expectProblem(answer, 'invalid-request', 400, faultsAt('/query/verbose'));
    },
  );

  /** Every sample by its name and labels. */
  async function metrics(): Promise<ReadonlyMap<string, number>> {
    const { text } = await ledger.client.get('/metrics');
    return new Map(
      [...text.matchAll(/^([^#\s]\S*) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
    );
  }
});

test('without its database the service is alive, not ready, and says nothing of the reason', async () => {
  const database = await createTestDatabase();
  const ledger = await startService({ store: 'postgres', databaseUrl: database.url });
  const { client, cast } = ledger;
  const { jti } = await client.recorded(await cast.a.sign());
  await database.drop();
  expect(await client.get('/health/live')).toMatchObject({ status: 200 });
  const ready = await client.get('/health/ready');
  expect(ready).toMatchObject({
    status: 503,
    body: { status: 'error', checks: { store: { status: 'error' } } },
  });
  const answers = [
    await client.record(await cast.a.sign()),
    await client.recordBatch([await cast.a.sign()]),
    await client.get(`/ledger/${jti}`),
    await client.get(`/ledger/${jti}/ancestry`),
    await client.get('/ledger'),
    await client.get('/workflows'),
  ];
  for (const answer of answers) {
    expectProblem(answer, 'store-unavailable', 503);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  const said = [ready, ...answers].map(({ text }) => text).join('');
  expect(said).not.toMatch(
    new RegExp(`${new URL(database.url).pathname.slice(1)}|ECONN|at .*:\\d+|postgres:`),
  );
  expect(ledger.logged.join('')).toContain('the database failed');
  await ledger.close();
});

test('a defect of the ledger is an internal-error that tells the client nothing and the log everything', async () => {
  const database = await createTestDatabase();
  const ledger = await startService({ store: 'postgres', databaseUrl: database.url });
  const { client, cast } = ledger;
  const { jti } = await client.recorded(await cast.a.sign());
  const administrator = new pg.Client({ connectionString: database.url });
  await administrator.connect();
  await administrator.query('ALTER TABLE "token" DISABLE TRIGGER ALL; DELETE FROM "token"');
  await administrator.end();
  const answer = await client.get(`/ledger/${jti}`);
  const { instance, detail } = expectProblem(answer, 'internal-error', 500);
  expect(detail).toBe('the request could not be answered');
  expect(ledger.logged.join('')).toMatch(new RegExp(`has no token.*${instance}`));
  await ledger.close();
  await database.drop();
});

describe('pages for people', () => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store: 'memory' });
  });

  afterAll(() => ledger.close());

  test.each(PROBLEM_CODES)('/problems/%s says what it means', async (code) => {
    const { status, text, headers } = await ledger.client.get(`/problems/${code}`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(text).toContain(`<code>${code}</code>, HTTP ${PROBLEM_KINDS[code].status}`);
    expect(text).toMatch(/<p>[^<]{20,}<\/p>/);
  });

  test('/docs is served with everything that it needs, within its content security policy', async () => {
    const { status, text, headers } = await ledger.client.get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/(^|;)script-src 'self'(;|$)/);
    expect(policy).toMatch(/(^|;)connect-src 'self'(;|$)/);
    const scripts = [...text.matchAll(/<script\b([^>]*)>([^<]*)/g)];
    expect(scripts.length).toBeGreaterThan(1);
    for (const [, attributes = '', content = ''] of scripts) {
      expect(attributes).toMatch(/\bsrc=/);
      expect(content.trim()).toBe('');
    }
    expect(text).not.toMatch(/\son[a-z]+=/);
    for (const [, path = ''] of text.matchAll(/<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+)"/g)) {
      const asset = await ledger.client.get(new URL(path, 'http://ledger/docs').pathname);
      expect([path, asset.status]).toEqual([path, 200]);
      expect(asset.text.length).toBeGreaterThan(100);
      expect(asset.headers.get('content-type')).toMatch(expectedType(path));
    }
  });

  test('/docs shows the document of /openapi.json', async () => {
    const { text } = await ledger.client.get('/docs/swagger-ui-init.js');
    const { body } = await ledger.client.get<{ paths: object }>('/openapi.json');
    for (const path of Object.keys(body.paths)) expect(text).toContain(JSON.stringify(path));
  });
});

function expectedType(path: string): RegExp {
  if (path.endsWith('.js')) return /^(text|application)\/javascript/;
  return path.endsWith('.css') ? /^text\/css/ : /^image\/png/;
}
