import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type EntryJson, expectProblem, faultsAt, type TraceJson } from '../support/client.js';
import { naiveReach } from '../support/naive-graph.js';
import { recordGraph } from '../support/record-graph.js';
import { STORES, startService, type TestService } from '../support/service.js';

const NODES = 40;
const WIDE = 1_000;

interface Question {
  readonly direction: 'ancestry' | 'descendants';
  readonly node: number;
  readonly depth: number | undefined;
  readonly limit: number | undefined;
  readonly at: number | undefined;
}

describe.each(STORES)('ancestry and descendants (%s)', (store) => {
  let ledger: TestService;
  /** A random DAG, by index. */
  let graph: readonly EntryJson[];
  /** A task with `WIDE` children. */
  let hub: EntryJson;

  beforeAll(async () => {
    ledger = await startService({ store });
    const parents = fc.sample(fc.infiniteStream(fc.nat()), { numRuns: 1, seed: 7 })[0] ?? [];
    graph = await recordGraph(ledger, NODES, (i) => someBelow(i, parents));
    const [first] = await recordGraph(ledger, 1 + WIDE, (i) => (i === 0 ? [] : [0]));
    hub = first ?? fail();
  });

  afterAll(() => ledger.close());

  const ask = ({ direction, node, ...bounds }: Question) => {
    const { jti = '', wid = '' } = graph[node] ?? {};
    const given = Object.entries({ ...bounds, wid }).filter(([, value]) => value !== undefined);
    const query = given.map(([name, value]) => `${name}=${String(value)}`).join('&');
    return ledger.client.get<TraceJson>(`/ledger/${jti}/${direction}?${query}`);
  };

  const question = fc.record({
    direction: fc.constantFrom('ancestry' as const, 'descendants' as const),
    node: fc.nat(NODES - 1),
    depth: fc.option(fc.nat(6), { nil: undefined }),
    limit: fc.option(fc.integer({ min: 1, max: NODES + 1 }), { nil: undefined }),
    at: fc.option(fc.integer({ min: 0, max: NODES }), { nil: undefined }),
  });

  test('answer what a naive search finds, by depth, then index', async () => {
    await fc.assert(
      fc.asyncProperty(question, async ({ at, ...asked }) => {
        const { node, direction } = asked;
        const size =
          direction === 'ancestry' || at === undefined
            ? undefined
            : (graph[0]?.index ?? 0) + Math.max(at, node + 1);
        const { status, body } = await ask({ ...asked, at: size });
        expect({ status, body }).toEqual({ status: 200, body: expected(graph, { ...asked, at: size }) });
      }),
      { numRuns: 150 },
    );
  });

  test('name the asked task first, with everything about it', async () => {
    const { wid = '', jti = '', index, iss, exec_act, iat, recorded_at } = graph[0] ?? {};
    for (const direction of ['ancestry', 'descendants']) {
      const answer = await ledger.client.get<TraceJson>(
        `/ledger/${jti.toUpperCase()}/${direction}?format=json&depth=0`,
      );
      expect(answer).toMatchObject({ status: 200, body: { jti, wid } });
      const [first] = answer.body.nodes;
      expect(first).toEqual({ jti, index, iss, exec_act, iat, recorded_at, parents: [], depth: 0 });
    }
  });

  test('stop at 1000 nodes unless asked otherwise, and say so', async () => {
    const path = `/ledger/${hub.jti}/descendants`;
    const cut = (await ledger.client.get<TraceJson>(path)).body;
    expect(cut).toMatchObject({ truncated: true });
    expect(cut.nodes.map(({ index }) => index)).toEqual(
      Array.from({ length: 1000 }, (_, i) => hub.index + i),
    );
    const whole = (await ledger.client.get<TraceJson>(`${path}?limit=10000`)).body;
    expect(whole).toMatchObject({ truncated: false });
    expect(whole.nodes).toHaveLength(1 + WIDE);
  });

  test('show the state of the log at a size: nothing that came later', async () => {
    const path = `/ledger/${hub.jti}/descendants`;
    const size = hub.index + 1 + WIDE;
    const at = async (value: number) =>
      (await ledger.client.get<TraceJson>(`${path}?limit=10000&at=${value}`)).body;
    expect((await at(hub.index + 1)).nodes).toHaveLength(1);
    expect(await at(hub.index + 3)).toMatchObject({ truncated: false, nodes: [{}, {}, {}] });
    expect((await at(size)).nodes).toHaveLength(1 + WIDE);
    expectProblem(await ledger.client.get(`${path}?at=${hub.index}`), 'not-found', 404);
    const beyond = await ledger.client.get(`${path}?at=${size + 1}`);
    expectProblem(beyond, 'invalid-request', 400, faultsAt('/query/at'));
  });

  test.each([
    ['ancestry', 'limit=0', ['/query/limit']],
    ['ancestry', 'limit=10001', ['/query/limit']],
    ['descendants', 'depth=-1', ['/query/depth']],
    ['descendants', 'at=0', ['/query/at']],
    ['ancestry', 'at=1', ['/query/at']],
    ['ancestry', 'format=xml&depth=x&limit=1.5', ['/query/depth', '/query/limit', '/query/format']],
  ])('%s?%s is refused', async (direction, query, pointers) => {
    const answer = await ledger.client.get(`/ledger/${hub.jti}/${direction}?${query}`);
    expectProblem(answer, 'invalid-request', 400, faultsAt(...pointers));
  });

  test('are not found for what is not recorded', async () => {
    for (const direction of ['ancestry', 'descendants'])
      expectProblem(await ledger.client.get(`/ledger/${randomUUID()}/${direction}`), 'not-found', 404);
  });
});

/** Up to four of the nodes before `i`, near ones more often; node 0 and every ninth are roots. */
function someBelow(i: number, numbers: Iterable<number>): readonly number[] {
  if (i % 9 === 0) return [];
  const [count = 0, ...picks] = take(numbers, 5);
  return [
    ...new Set(picks.slice(0, 1 + (count % 4)).map((pick) => Math.max(0, i - 1 - (pick % Math.min(i, 7))))),
  ];
}

function take(numbers: Iterable<number>, count: number): readonly number[] {
  const iterator = numbers[Symbol.iterator]();
  return Array.from({ length: count }, () => Number(iterator.next().value));
}

function expected(
  graph: readonly EntryJson[],
  { direction, node, depth, limit = 1000, at }: Question,
): TraceJson {
  const visible = graph.filter(({ index }) => at === undefined || index < at);
  const neighbours = new Map(
    visible.map(({ jti, parents }) => [
      jti,
      direction === 'ancestry'
        ? parents
        : visible.filter((child) => child.parents.includes(jti)).map((child) => child.jti),
    ]),
  );
  const start = graph[node] ?? fail();
  const depths = naiveReach(start.jti, neighbours);
  const reached = visible
    .filter(({ jti }) => depths.has(jti))
    .map(({ jti, index, iss, exec_act, iat, recorded_at, parents }) => ({
      ...{ jti, index, iss, exec_act, iat, recorded_at, parents },
      depth: depths.get(jti) ?? 0,
    }))
    .sort((a, b) => a.depth - b.depth || a.index - b.index);
  const nodes = reached.filter((one) => depth === undefined || one.depth <= depth).slice(0, limit);
  return {
    jti: start.jti,
    ...(start.wid !== undefined && { wid: start.wid }),
    direction: direction === 'ancestry' ? 'ancestors' : 'descendants',
    nodes,
    truncated: nodes.length < reached.length,
  };
}

function fail(): never {
  throw new Error('the graph has no such node');
}
