import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type EntriesJson, type EntryJson, expectProblem, faultsAt } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';

const WIDS = [randomUUID(), randomUUID(), undefined];
const ACTS = ['review_spec', 'build 100% +&ü'];
const DECISIONS = ['approved', 'rejected', 'pending_human_review', undefined] as const;
const COUNT = 30;

describe.each(STORES)('GET /ledger (%s)', (store) => {
  let ledger: TestService;
  /** Every entry, by index; the clock moves on by 10 ms after each. */
  const all: EntryJson[] = [];

  beforeAll(async () => {
    ledger = await startService({ store });
    for (let i = 0; i < COUNT; i++) {
      const [agent, profile] =
        i % 3 === 0 ? [ledger.cast.b, 'exec' as const] : [ledger.cast.a, 'wimse-exec' as const];
      const [wid, polDecision] = [WIDS[i % 3], DECISIONS[i % 4]];
      const policy = polDecision && { pol: 'p', polDecision };
      const draft = { execAct: ACTS[i % 2] ?? '', ...(wid !== undefined && { wid }), ...policy };
      all.push(await ledger.client.recorded(await agent.sign(draft, { profile })));
      ledger.clock.advance(10);
    }
  });

  afterAll(() => ledger.close());

  const search = (query: Record<string, string>) =>
    ledger.client.get<EntriesJson>(`/ledger?${new URLSearchParams(query).toString()}`);

  async function searchAll(query: Record<string, string>): Promise<readonly EntryJson[]> {
    const found: EntryJson[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { status, body } = await search({ ...query, ...(next !== '' && { cursor: next }) });
      expect({ status, body }).toMatchObject({ status: 200 });
      found.push(...body.entries);
      next = body.next;
    }
    return found;
  }

  test('answers everything by index, the whole entries', async () => {
    const { status, body } = await search({});
    expect({ status, body }).toEqual({ status: 200, body: { entries: all, next: null } });
    expect((await search({ order: 'desc' })).body.entries).toEqual([...all].reverse());
  });

  const timeOf = (i: number) => all[i]?.recorded_at ?? '';
  const filters: readonly (readonly [string, () => Record<string, string>, (entry: EntryJson) => boolean])[] =
    [
      ['wid', () => ({ wid: WIDS[0]?.toUpperCase() ?? '' }), ({ wid }) => wid === WIDS[0]],
      ['iss', () => ({ iss: ledger.cast.b.iss }), ({ iss }) => iss === ledger.cast.b.iss],
      ['exec_act', () => ({ exec_act: ACTS[1] ?? '' }), ({ exec_act }) => exec_act === ACTS[1]],
      ['jkt', () => ({ jkt: all[0]?.jkt ?? '' }), ({ jkt }) => jkt === all[0]?.jkt],
      ['kid', () => ({ kid: 'a-key' }), ({ kid }) => kid === 'a-key'],
      [
        'pol_decision',
        () => ({ pol_decision: 'rejected' }),
        ({ pol_decision }) => pol_decision === 'rejected',
      ],
      ['from, inclusive', () => ({ from: timeOf(7) }), ({ recorded_at }) => recorded_at >= timeOf(7)],
      ['to, exclusive', () => ({ to: timeOf(7) }), ({ recorded_at }) => recorded_at < timeOf(7)],
      [
        'from and to between milliseconds',
        () => ({ from: timeOf(7).replace('Z', '0001Z'), to: timeOf(9).replace('Z', '9+00:00') }),
        ({ recorded_at }) => recorded_at > timeOf(7) && recorded_at <= timeOf(9),
      ],
      [
        'from with the letters of RFC 3339 in lower case',
        () => ({ from: timeOf(7).toLowerCase() }),
        ({ recorded_at }) => recorded_at >= timeOf(7),
      ],
      [
        'from in another time zone',
        () => ({ from: '2026-02-25T23:03:20.100-01:00' }),
        ({ recorded_at }) => recorded_at >= '2026-02-26T00:03:20.100Z',
      ],
      [
        'all of them',
        () => ({
          wid: WIDS[1] ?? '',
          iss: ledger.cast.a.iss,
          kid: 'a-key',
          exec_act: ACTS[1] ?? '',
          pol_decision: 'rejected',
          from: timeOf(1),
          to: timeOf(28),
        }),
        (entry) =>
          entry.wid === WIDS[1] &&
          entry.exec_act === ACTS[1] &&
          entry.pol_decision === 'rejected' &&
          entry.recorded_at >= timeOf(1) &&
          entry.recorded_at < timeOf(28),
      ],
    ];

  test.each(filters)('filters by %s', async (_name, query, isWanted) => {
    const wanted = all.filter(isWanted);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    expect(await searchAll(query())).toEqual(wanted);
    expect(await searchAll({ ...query(), order: 'desc', limit: '2' })).toEqual([...wanted].reverse());
  });

  test.each([
    { iss: 'spiffe://nobody' },
    { wid: randomUUID() },
    { from: '2099-01-01T00:00:00Z' },
    { to: '1999-01-01T00:00:00Z' },
    { from: '2026-02-26T00:04:00Z', to: '2026-02-26T00:03:00Z' },
  ])('finds nothing for %j', async (query) => {
    expect(await search(query)).toMatchObject({ status: 200, body: { entries: [], next: null } });
  });

  test.each(['asc', 'desc'])('pages, the last page saying so: %s', async (order) => {
    for (const limit of [1, 7, 10, 29, 30, 31, 1000]) {
      const found = await searchAll({ limit: String(limit), order });
      expect(found.map(({ index }) => index)).toEqual(
        (order === 'asc' ? all : [...all].reverse()).map(({ index }) => index),
      );
    }
    const exact = await search({ limit: String(COUNT), order });
    expect(exact.body.next).toBeNull();
  });

  test('keeps pages stable while the log grows', async () => {
    const newest = await search({ order: 'desc', limit: '10' });
    const oldest = await search({ limit: '10' });
    const added = await ledger.client.recorded(await ledger.cast.a.sign());
    const older = await search({ order: 'desc', limit: '1000', cursor: newest.body.next ?? '' });
    const younger = await search({ limit: '1000', cursor: oldest.body.next ?? '' });
    expect([...newest.body.entries, ...older.body.entries]).toEqual([...all].reverse());
    all.push(added);
    expect([...oldest.body.entries, ...younger.body.entries]).toEqual(all);
  });

  test('refuses a cursor that is not its own, or of the other order', async () => {
    const { next } = (await search({ limit: '1' })).body;
    const { next: down } = (await search({ limit: '1', order: 'desc' })).body;
    const forged = (text: string) => Buffer.from(text).toString('base64url');
    const wrong = [
      'x',
      '',
      forged('asc'),
      forged('up.1'),
      forged('asc.-1'),
      forged('asc.1.5'),
      forged('asc.1\n'),
    ];
    for (const cursor of [...wrong, forged(`asc.${'9'.repeat(30)}`), down ?? ''])
      expectProblem(await search({ cursor }), 'invalid-request', 400, faultsAt('/query/cursor'));
    expectProblem(
      await search({ cursor: next ?? '', order: 'desc' }),
      'invalid-request',
      400,
      faultsAt('/query/cursor'),
    );
  });

  test.each([
    ['limit=0', ['/query/limit']],
    ['limit=1001', ['/query/limit']],
    ['limit=-1&order=up', ['/query/order', '/query/limit']],
    ['limit=1e2', ['/query/limit']],
    ['limit=', ['/query/limit']],
    ['limit=1&limit=2', ['/query/limit']],
    ['wid=none', ['/query/wid']],
    ['iss=&kid=%00', ['/query/iss', '/query/kid']],
    ['pol_decision=maybe', ['/query/pol_decision']],
    ['from=yesterday&to=2026-02-30T00:00:00Z', ['/query/from', '/query/to']],
    ['from=2026-02-26T00:00:00', ['/query/from']],
    ['from=2026-02-26', ['/query/from']],
    ['issuer=a&page=2', ['/query/issuer', '/query/page']],
  ])('refuses %s', async (query, pointers) => {
    const answer = await ledger.client.get(`/ledger?${query}`);
    expectProblem(answer, 'invalid-request', 400, faultsAt(...pointers));
  });
});
