import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  type EntryJson,
  expectProblem,
  faultsAt,
  type WorkflowJson,
  type WorkflowsJson,
} from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('workflows (%s)', (store) => {
  let ledger: TestService;
  /** Five workflows of 1 to 5 tasks in the order of their starts, their tasks interleaved, each a chain with a second root. */
  const workflows: { readonly wid: string; readonly entries: EntryJson[] }[] = [];

  beforeAll(async () => {
    ledger = await startService({ store });
    const { client, cast } = ledger;
    for (let i = 0; i < 5; i++) workflows.push({ wid: randomUUID(), entries: [] });
    for (let round = 0; round < 5; round++) {
      for (const { wid, entries } of workflows.slice(round)) {
        const parents = round < 2 ? [] : [entries.at(-1)?.jti ?? ''];
        const agent = round === 2 ? cast.b : cast.a;
        entries.push(await client.recorded(await agent.sign({ wid, parents })));
        await client.recorded(await agent.sign());
        ledger.clock.advance(7);
      }
    }
  });

  afterAll(() => ledger.close());

  const list = (query = '') => ledger.client.get<WorkflowsJson>(`/workflows${query}`);
  const summaries = () =>
    workflows
      .map(({ wid, entries }) => ({
        wid,
        entries: entries.length,
        first_recorded_at: entries[0]?.recorded_at,
        last_recorded_at: entries.at(-1)?.recorded_at,
        issuers: [...new Set(entries.map(({ iss }) => iss))].sort(),
      }))
      .reverse();

  test('are listed with the most recently started first', async () => {
    const { status, body } = await list();
    expect({ status, body }).toEqual({ status: 200, body: { workflows: summaries(), next: null } });
  });

  test.each([1, 2, 4, 5])('are paged: %d', async (limit) => {
    const found: unknown[] = [];
    for (let query = `?limit=${limit}`; query !== '';) {
      const { workflows: page, next } = (await list(query)).body;
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page);
      query = next === null ? '' : `?limit=${limit}&cursor=${encodeURIComponent(next)}`;
    }
    expect(found).toEqual(summaries());
  });

  test('have stable pages while new ones start', async () => {
    const first = (await list('?limit=3')).body;
    const wid = randomUUID();
    const entry = await ledger.client.recorded(await ledger.cast.b.sign({ wid }));
    const second = (await list(`?limit=3&cursor=${first.next ?? ''}`)).body;
    expect([...first.workflows, ...second.workflows]).toEqual(summaries());
    workflows.push({ wid, entries: [entry] });
    expect((await list('?limit=1')).body.workflows).toEqual(summaries().slice(0, 1));
  });

  test('are found by an issuer that took part, or one of several', async () => {
    const [a = '', b = ''] = summaries()[1]?.issuers ?? [];
    const found = async (query: string) => (await list(query)).body.workflows.map(({ wid }) => wid);
    const of = (iss: string) =>
      summaries()
        .filter(({ issuers }) => issuers.includes(iss))
        .map(({ wid }) => wid);
    expect(of(b).length).toBeLessThan(summaries().length);
    expect(await found(`?iss=${encodeURIComponent(b)}`)).toEqual(of(b));
    expect(await found(`?iss=${encodeURIComponent(a)}&iss=${encodeURIComponent(b)}`)).toHaveLength(6);
    expect(await found('?iss=spiffe://example.com')).toEqual([]);
    const { workflows: page, next } = (await list(`?iss=${encodeURIComponent(b)}&limit=1`)).body;
    const rest = await found(`?iss=${encodeURIComponent(b)}&cursor=${next ?? ''}`);
    expect([...page.map(({ wid }) => wid), ...rest]).toEqual(of(b));
  });

  test('tell on request which of them deserve a look', async () => {
    const rejected = { wid: randomUUID(), pol: 'policy-1', polDecision: 'rejected' } as const;
    await ledger.client.recorded(await ledger.cast.a.sign(rejected));
    const [newest, other] = (await list('?flags=true&limit=2')).body.workflows;
    expect(newest).toMatchObject({ wid: rejected.wid, flags: ['rejected'] });
    expect(other).toEqual({ ...summaries()[0], flags: [] });
  });

  const graphOf = (entries: readonly EntryJson[]) =>
    entries.map(({ jti, index, iss, exec_act, iat, recorded_at, parents }) => ({
      ...{ jti, index, iss, exec_act, iat, recorded_at, parents },
    }));

  test('show their graph: nodes by index, roots, leaves', async () => {
    for (const { wid, entries } of workflows) {
      const jtis = entries.map(({ jti }) => jti);
      const { status, body } = await ledger.client.get<WorkflowJson>(
        `/workflows/${wid.toUpperCase()}?format=json`,
      );
      const isChain = entries.length > 2;
      const leaves = isChain ? [jtis[0], jtis.at(-1)] : jtis;
      expect({ status, body }).toEqual({
        status: 200,
        body: { wid, nodes: graphOf(entries), roots: jtis.slice(0, 2), leaves, truncated: false },
      });
    }
  });

  test('show as many nodes as asked for, and say so', async () => {
    const { wid, entries } = workflows[4] ?? { wid: '', entries: [] };
    const jtis = entries.map(({ jti }) => jti);
    const get = async (limit: number) => (await ledger.client.get(`/workflows/${wid}?limit=${limit}`)).body;
    expect(await get(3)).toEqual({
      wid,
      nodes: graphOf(entries.slice(0, 3)),
      roots: jtis.slice(0, 2),
      leaves: [jtis[0]],
      truncated: true,
    });
    expect(await get(5)).toMatchObject({ truncated: false });
  });

  test('are not found when unknown', async () => {
    expectProblem(await ledger.client.get(`/workflows/${randomUUID()}`), 'not-found', 404);
  });

  test.each([
    ['/workflows/none', ['/path/wid']],
    ['/workflows/x', ['/path/wid']],
    [`/workflows/${randomUUID()}?limit=0`, ['/query/limit']],
    [`/workflows/${randomUUID()}?limit=10001&depth=1`, ['/query/limit', '/query/depth']],
    [`/workflows/${randomUUID()}?format=dott`, ['/query/format']],
    ['/workflows?limit=1001', ['/query/limit']],
    ['/workflows?order=asc', ['/query/order']],
    ['/workflows?flags=yes', ['/query/flags']],
    ['/workflows?flags=true&limit=101', ['/query/limit']],
    ['/workflows?iss=', ['/query/iss']],
    [`/workflows?${'iss=a&'.repeat(51)}limit=1`, ['/query/iss']],
    ['/workflows?cursor=x', ['/query/cursor']],
    [`/workflows?cursor=${Buffer.from('asc.1').toString('base64url')}`, ['/query/cursor']],
  ])('refuse %s', async (path, pointers) => {
    expectProblem(await ledger.client.get(path), 'invalid-request', 400, faultsAt(...pointers));
  });
});
