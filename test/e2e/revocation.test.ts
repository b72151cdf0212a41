import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createCast } from '../support/cast.js';
import {
  type Answer,
  type BatchJson,
  type EntriesJson,
  type EntryJson,
  expectProblem,
  faultsAt,
  type ImpactJson,
  type KeyJson,
  type KeysJson,
  type TraceJson,
  type WorkflowJson,
} from '../support/client.js';
import { STORES, startService, TestClock, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase } from '../support/test-database.js';

describe.each(STORES)('revocation of a key (%s)', (store) => {
  let ledger: TestService;
  let entry: EntryJson;
  const wid = randomUUID();

  beforeEach(async () => {
    ledger = await startService({ store });
    entry = await ledger.client.recorded(await ledger.cast.a.sign({ wid }));
    ledger.clock.advance(1_000);
  });

  afterEach(() => ledger.close());

  const revoke = (body: object, jkt = entry.jkt): Promise<Answer> =>
    ledger.client.post(`/keys/${jkt}/revocation`, JSON.stringify(body), {
      'Content-Type': 'application/json',
    });
  const now = () => new Date(ledger.clock.nowMs()).toISOString();
  const keyOf = async (jkt: string) => (await ledger.client.get<KeyJson>(`/keys/${jkt}`)).body;

  test('from now on nothing more is recorded with it, but with other keys', async () => {
    const at = now();
    expect(await revoke({ reason: 'stolen' })).toMatchObject({
      status: 201,
      body: { jkt: entry.jkt, at, reason: 'stolen' },
    });
    expectProblem(await ledger.client.record(await ledger.cast.a.sign()), 'revoked-key', 403);
    await ledger.client.recorded(await ledger.cast.b.sign());
  });

  test('the byte-identical token of an earlier entry is refused too: step 6 comes before step 8a', async () => {
    expect((await ledger.client.record(entry.ect)).status).toBe(200);
    await revoke({ reason: 'stolen' });
    expectProblem(await ledger.client.record(entry.ect), 'revoked-key', 403);
  });

  test('comes before the signature: step 6 before step 7', async () => {
    await revoke({ reason: 'stolen' });
    const [header, payload] = (await ledger.cast.a.sign()).split('.');
    const [, , signature] = entry.ect.split('.');
    expectProblem(await ledger.client.record(`${header}.${payload}.${signature}`), 'revoked-key', 403);
  });

  test('in a batch it rejects the tokens of that key and those that build on them', async () => {
    await revoke({ reason: 'stolen' });
    const parent = randomUUID();
    const tokens = [
      await ledger.cast.a.sign({ jti: parent }),
      await ledger.cast.b.sign({ parents: [parent] }),
      await ledger.cast.b.sign(),
    ];
    const { body } = await ledger.client.recordBatch(tokens);
    expect(codesOf(body)).toEqual(['revoked-key', 'missing-parent', 201]);
  });

  test('older entries stay, and every way to read them shows it', async () => {
    const child = await ledger.client.recorded(
      await ledger.cast.b.sign({ wid, parents: [entry.jti], execAct: 'build' }),
    );
    const at = now();
    await revoke({ reason: 'stolen' });
    const status = { key_status: 'revoked', key_revoked_at: at };
    expect((await ledger.client.get(`/ledger/${entry.jti}`)).body).toEqual({ ...entry, ...status });
    expect((await ledger.client.get(`/ledger/${child.jti}`)).body).toEqual(child);
    const { body: page } = await ledger.client.get<EntriesJson>(`/ledger?wid=${wid}`);
    expect(page.entries).toEqual([{ ...entry, ...status }, child]);
    const ancestry = (await ledger.client.get<TraceJson>(`/ledger/${child.jti}/ancestry`)).body;
    expect(ancestry.nodes.map(statusOf)).toEqual([{}, status]);
    const descendants = (await ledger.client.get<TraceJson>(`/ledger/${entry.jti}/descendants`)).body;
    expect(descendants.nodes.map(statusOf)).toEqual([status, {}]);
    const workflow = (await ledger.client.get<WorkflowJson>(`/workflows/${wid}`)).body;
    expect(workflow.nodes.map(statusOf)).toEqual([status, {}]);
    const leaf = (await ledger.client.get<{ entry: EntryJson }>(`/log/entries/${entry.index}`)).body;
    expect(leaf.entry).toEqual({ ...entry, ...status });
  });

  test('the key says since when and why', async () => {
    const at = now();
    await revoke({ reason: 'found in a build log' });
    const revoked = { key_status: 'revoked', revocation: { at, reason: 'found in a build log' } };
    expect(await keyOf(entry.jkt)).toMatchObject(revoked);
    const { body } = await ledger.client.get<KeysJson>('/keys');
    expect(body.keys).toMatchObject([revoked]);
  });

  test('one that lies in the future waits for its time', async () => {
    const at = new Date(ledger.clock.nowMs() + 60_000).toISOString();
    expect(await revoke({ at, reason: 'rotation' })).toMatchObject({ status: 201, body: { at } });
    expect(await keyOf(entry.jkt)).toMatchObject({ key_status: 'active', revocation: { at } });
    const later = await ledger.client.recorded(await ledger.cast.a.sign());
    expect((await ledger.client.get<EntryJson>(`/ledger/${later.jti}`)).body).toEqual(later);
    ledger.clock.advance(59_999);
    await ledger.client.recorded(await ledger.cast.a.sign());
    ledger.clock.advance(1);
    expectProblem(await ledger.client.record(await ledger.cast.a.sign()), 'revoked-key', 403);
    expect((await ledger.client.get<EntryJson>(`/ledger/${later.jti}`)).body).toEqual({
      ...later,
      key_status: 'revoked',
      key_revoked_at: at,
    });
  });

  test('of several the earliest holds; a later one changes nothing', async () => {
    const [early, late] = [-5_000, 5_000].map((ms) => new Date(ledger.clock.nowMs() + ms).toISOString());
    expect(await revoke({ at: late, reason: 'late' })).toMatchObject({ status: 201 });
    expect(await revoke({ at: early, reason: 'early' })).toMatchObject({ status: 201 });
    const first = { at: early, reason: 'early' };
    expect(await revoke({ reason: 'again' })).toMatchObject({
      status: 200,
      body: { jkt: entry.jkt, ...first },
    });
    expect(await keyOf(entry.jkt)).toMatchObject({ key_status: 'revoked', revocation: first });
  });

  test('a key that was never used can be revoked', async () => {
    const jkt = 'A'.repeat(43);
    expect(await revoke({ reason: 'lost' }, jkt)).toMatchObject({ status: 201, body: { jkt } });
    expectProblem(await ledger.client.get(`/keys/${jkt}`), 'not-found', 404);
  });

  test('its impact: what it signed since then, and what came of that', async () => {
    const early = await ledger.client.recorded(await ledger.cast.b.sign({ wid, parents: [entry.jti] }));
    ledger.clock.advance(1_000);
    const at = now();
    const bad = await ledger.client.recorded(await ledger.cast.a.sign({ wid }));
    const child = await ledger.client.recorded(await ledger.cast.b.sign({ wid, parents: [bad.jti] }));
    const impact = async (query = '') =>
      (await ledger.client.get<ImpactJson>(`/keys/${entry.jkt}/impact${query}`)).body;
    const all = [entry.jti, bad.jti, early.jti, child.jti];
    expect((await impact()).nodes.map(({ jti }) => jti)).toEqual(all);
    ledger.clock.advance(1_000);
    await revoke({ at, reason: 'stolen' });
    expect(await impact()).toMatchObject({
      jkt: entry.jkt,
      from: at,
      nodes: [
        { jti: bad.jti, depth: 0, key_status: 'revoked', key_revoked_at: at },
        { jti: child.jti, depth: 1 },
      ],
      truncated: false,
    });
    expect((await impact(`?from=${entry.recorded_at}`)).nodes.map(({ jti }) => jti)).toEqual(all);
    expect(await impact('?limit=1')).toMatchObject({ nodes: [{ jti: bad.jti }], truncated: true });
    const path = `/keys/${entry.jkt}/impact`;
    for (const [query, pointer] of [
      ['from=today', '/query/from'],
      ['limit=0', '/query/limit'],
      ['limit=10001', '/query/limit'],
      ['depth=1', '/query/depth'],
    ] as const)
      expectProblem(await ledger.client.get(`${path}?${query}`), 'invalid-request', 400, faultsAt(pointer));
    const unused = await ledger.client.get(`/keys/${'A'.repeat(43)}/impact`);
    expectProblem(unused, 'not-found', 404);
  });

  const faulty: readonly (readonly [string, object, string])[] = [
    ['no reason', {}, '/reason'],
    ['an empty reason', { reason: '' }, '/reason'],
    ['a long reason', { reason: 'x'.repeat(501) }, '/reason'],
    ['a reason with control characters', { reason: 'a\u0000b' }, '/reason'],
    ['a time without a zone', { reason: 'x', at: '2026-11-23T02:00:00' }, '/at'],
    ['an unknown member', { reason: 'x', kid: 'y' }, '/kid'],
  ];
  test.each(faulty)('%s is an invalid request', async (_name, body, pointer) => {
    expectProblem(await revoke(body), 'invalid-request', 400, faultsAt(pointer));
  });

  test('no thumbprint, no JSON, no body', async () => {
    expectProblem(await revoke({ reason: 'x' }, 'x'), 'invalid-request', 400, faultsAt('/path/jkt'));
    const path = `/keys/${entry.jkt}/revocation`;
    const json = { 'Content-Type': 'application/json' };
    expectProblem(await ledger.client.post(path, '{', json), 'invalid-request', 400, faultsAt(''));
    expectProblem(await ledger.client.post(path, '', json), 'invalid-request', 400, faultsAt(''));
    const text = { 'Content-Type': 'text/plain' };
    expectProblem(await ledger.client.post(path, '{}', text), 'unsupported-media-type', 415);
    expectProblem(await ledger.client.get(path), 'method-not-allowed', 405);
  });
});

describe('two instances on one database', () => {
  test('see a revocation at the very next recording, whichever was told', async () => {
    const database = await createTestDatabase();
    const directory = await makeTempDir();
    const clock = new TestClock();
    const cast = await createCast(() => clock.seconds);
    const start = () =>
      startService({
        store: 'postgres',
        databaseUrl: database.url,
        clock,
        cast,
        environment: { DATA_DIR: join(directory, 'data') },
      });
    const one = await start();
    const other = await start();
    const entry = await one.client.recorded(await cast.a.sign());
    await other.client.recorded(await cast.a.sign());
    const told = await one.client.post(
      `/keys/${entry.jkt}/revocation`,
      JSON.stringify({ reason: 'stolen' }),
      { 'Content-Type': 'application/json' },
    );
    expect(told.status).toBe(201);
    expectProblem(await other.client.record(await cast.a.sign()), 'revoked-key', 403);
    expectProblem(await one.client.record(await cast.a.sign()), 'revoked-key', 403);
    expect((await other.client.get(`/ledger/${entry.jti}`)).body).toMatchObject({ key_status: 'revoked' });
    await Promise.all([one.close(), other.close()]);
    await database.drop();
    await rm(directory, { recursive: true });
  });
});

function codesOf({ results }: BatchJson): readonly (string | number)[] {
  return results.map((result) => ('problem' in result ? result.problem.code : result.status));
}

/** What a node says of its key. */
function statusOf({ key_status, key_revoked_at }: WorkflowJson['nodes'][number]): object {
  return {
    ...(key_status !== undefined && { key_status }),
    ...(key_revoked_at !== undefined && { key_revoked_at }),
  };
}
