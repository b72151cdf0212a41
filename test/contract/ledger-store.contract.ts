import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVERYTHING, type Visibility } from '../../src/application/caller.js';
import type { AppendOutcome, LedgerStore, TaskQuery } from '../../src/application/ports/ledger-store.js';
import type { AdmissionRules } from '../../src/domain/dag/admission.js';
import { decodeLeaf } from '../../src/domain/log/leaf.js';
import type { Entry, VerifiedEct } from '../../src/domain/entry.js';
import { naiveReach } from '../support/naive-graph.js';
import { verifiedEct, type TaskSketch } from '../support/verified-ect.js';

export const RULES: AdmissionRules = {
  clockSkewSeconds: 30,
  remediationActions: ['remediate*', 'human_review'],
};

export interface StoreUnderTest {
  readonly store: LedgerStore;
  /** Sets the clock that the store reads. */
  setNow(ms: number): void;
  close(): Promise<void>;
}

/** What every `LedgerStore` promises. `open` gives an empty one. */
export function describeLedgerStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a LedgerStore`, () => {
    let subject: StoreUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());
    const store = () => subject.store;

    const append = async (...sketches: readonly TaskSketch[]) =>
      appendAll(store(), sketches.map(verifiedEct));

    describe('append', () => {
      it('starts with the genesis leaf alone', async () => {
        expect(await store().append([])).toEqual([]);
        expect(await store().size()).toBe(1);
        expect(decodeLeaf((await store().leaves(0, 5))[0] ?? new Uint8Array())).toMatchObject({
          kind: 'genesis',
        });
        expect(await store().search({}, { order: 'asc', limit: 10 }, EVERYTHING)).toEqual([]);
      });

      it('numbers entries from 1 without a gap, rejected ones take no number', async () => {
        const outcomes = await append({}, { parents: [randomUUID()] }, {});
        expect(outcomes.map(codeOrIndex)).toEqual([1, 'missing-parent', 2]);
        expect((await append({})).map(codeOrIndex)).toEqual([3]);
        expect(await store().size()).toBe(4);
      });

      it('keeps token, claims and key exactly', async () => {
        const ect = verifiedEct({
          wid: randomUUID(),
          polDecision: 'approved',
          ext: { nested: ['ü', { '\u0000': '\ud800' }] },
        });
        const [outcome] = await appendAll(store(), [ect]);
        const [entry] = await store().find({ jti: ect.claims.jti }, 2, EVERYTHING);
        expect(entry).toEqual(outcome && entryOf(outcome));
        expect(entry).toMatchObject({
          ect: ect.ect,
          claims: ect.claims,
          kid: ect.kid,
          jkt: ect.jkt,
          alg: 'ES256',
        });
      });

      it('answers the byte-identical token with its first recording', async () => {
        const ect = verifiedEct({ wid: randomUUID() });
        subject.setNow(5_000);
        const [first] = await appendAll(store(), [ect]);
        subject.setNow(9_000);
        const [again] = await appendAll(store(), [{ ...ect, jkt: 'a key that took over the kid' }]);
        expect(again).toEqual({ kind: 'already-recorded', entry: first && entryOf(first) });
      });

      it('never goes back in time', async () => {
        subject.setNow(5_000);
        await append({});
        subject.setNow(1_000);
        const [later] = await append({});
        expect(later && entryOf(later).recordedAtMs).toBe(5_000);
      });

      it('treats each submission as if it came alone, in order', async () => {
        const wid = randomUUID();
        const [parent, child] = [verifiedEct({ wid }), verifiedEct({ wid })];
        const grandchild = verifiedEct({ wid, parents: [child.claims.jti, parent.claims.jti] });
        const early = verifiedEct({ wid, parents: [grandchild.claims.jti] });
        const outcomes = await store().append([[early], [parent, child], [grandchild], [grandchild]]);
        expect(outcomes.map((ones) => ones.map(codeOrIndex))).toEqual([
          ['missing-parent'],
          [1, 2],
          [3],
          ['again 3'],
        ]);
      });
    });

    describe('uniqueness (ECT §6.1)', () => {
      it('refuses another token for the same task of a workflow, not for another workflow', async () => {
        const [jti, wid] = [randomUUID(), randomUUID()];
        const outcomes = await append({ jti, wid }, { jti, wid, note: 'x' }, { jti, wid: randomUUID() });
        expect(outcomes.map(codeOrIndex)).toEqual([1, 'duplicate-jti', 2]);
        expect((await append({ jti, wid, note: 'y' })).map(codeOrIndex)).toEqual(['duplicate-jti']);
      });

      it('without workflow wants a jti that is new everywhere', async () => {
        const jti = randomUUID();
        await append({ jti, wid: randomUUID() });
        expect((await append({ jti })).map(codeOrIndex)).toEqual(['duplicate-jti']);
      });

      it('lets a workflow use the jti of a task without one', async () => {
        const jti = randomUUID();
        expect(
          (await append({ jti }, { jti, wid: randomUUID() }, { jti, note: 'x' })).map(codeOrIndex),
        ).toEqual([1, 2, 'duplicate-jti']);
      });

      it('finds the first recording of a task without workflow among namesakes in workflows', async () => {
        const ect = verifiedEct();
        await appendAll(store(), [ect]);
        const { jti } = ect.claims;
        await append({ jti, wid: randomUUID() }, { jti, wid: randomUUID() }, { jti, wid: randomUUID() });
        expect((await appendAll(store(), [ect])).map(codeOrIndex)).toEqual(['again 1']);
      });

      it('takes the second token of a task when the first was rejected', async () => {
        const jti = randomUUID();
        expect((await append({ jti, parents: [randomUUID()] }, { jti })).map(codeOrIndex)).toEqual([
          'missing-parent',
          1,
        ]);
      });
    });

    describe('parents (ECT §6.2–6.5)', () => {
      it('wants them in the same workflow and names the missing ones', async () => {
        const [inside, outside, wid] = [randomUUID(), randomUUID(), randomUUID()];
        await append({ jti: inside, wid }, { jti: outside });
        const [outcome] = await append({ wid, parents: [outside, inside] });
        expect(outcome).toMatchObject({ error: { code: 'missing-parent', extras: { parents: [outside] } } });
      });

      it('without workflow takes them from anywhere, unless ambiguous', async () => {
        const [one, two] = [randomUUID(), randomUUID()];
        await append(
          { jti: one, wid: randomUUID() },
          { jti: two, wid: randomUUID() },
          { jti: two, wid: randomUUID() },
        );
        expect((await append({ parents: [one] }, { parents: [two] })).map(codeOrIndex)).toEqual([
          4,
          'missing-parent',
        ]);
      });

      it('tells time, cycle and policy apart and names the parent', async () => {
        const [old, rejected, self] = [randomUUID(), randomUUID(), randomUUID()];
        await append(
          { jti: old, iat: 1_000_031 },
          { jti: rejected, iat: 1_000_000, polDecision: 'rejected' },
        );
        const outcomes = await append(
          { iat: 1_000_000, parents: [old] },
          { iat: 1_000_001, parents: [old] },
          { iat: 1_000_000, parents: [rejected] },
          { iat: 1_000_000, parents: [rejected], execAct: 'remediate_it' },
          { iat: 1_000_000, parents: [rejected], execAct: 'human_reviewed' },
          { iat: 1_000_000, parents: [rejected], ext: { compensation_required: true } },
          { iat: 1_000_000, parents: [rejected], ext: { compensation_required: 'true' } },
          { jti: self, parents: [self] },
        );
        expect(outcomes.map(codeOrIndex)).toEqual([
          'temporal-order',
          3,
          'parent-policy',
          4,
          'parent-policy',
          5,
          'parent-policy',
          'cycle',
        ]);
        expect(outcomes[0]).toMatchObject({ error: { extras: { parent: old } } });
        expect(outcomes[2]).toMatchObject({ error: { extras: { parent: rejected } } });
      });

      it('takes a submission in any order, parents getting the lower index', async () => {
        const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
        const outcomes = await append({ jti: c, parents: [b, a] }, { jti: b, parents: [a] }, { jti: a });
        expect(outcomes.map(codeOrIndex)).toEqual([3, 2, 1]);
      });

      it('rejects a cycle, and as missing-parent whatever rests on it', async () => {
        const [a, b, c, wid] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
        const outcomes = await append(
          { wid, jti: c, parents: [b] },
          { wid, jti: b, parents: [a] },
          { wid, jti: a, parents: [b] },
          { wid },
        );
        expect(outcomes.map(codeOrIndex)).toEqual(['missing-parent', 'cycle', 'cycle', 1]);
      });
    });

    describe('reading', () => {
      it('finds by jti, with, without and in spite of a workflow', async () => {
        const [jti, w1, w2] = [randomUUID(), randomUUID(), randomUUID()];
        await append({ jti }, { jti, wid: w1 }, { jti, wid: w2 });
        const indices = async (wid: string | null | undefined, limit = 10) =>
          (await store().find({ jti, wid }, limit, EVERYTHING)).map(({ index }) => index);
        expect(await indices(undefined)).toEqual([1, 2, 3]);
        expect(await indices(undefined, 2)).toEqual([1, 2]);
        expect(await indices(null)).toEqual([1]);
        expect(await indices(w2)).toEqual([3]);
        expect(await indices(randomUUID())).toEqual([]);
      });

      it('searches by every filter, both ways, page by page', async () => {
        const wid = randomUUID();
        subject.setNow(1_000);
        await append({ wid, iss: 'urn:a', execAct: 'x' }, { wid, iss: 'urn:b', kid: 'k2' });
        subject.setNow(2_000);
        await append({ iss: 'urn:a', polDecision: 'rejected' }, { wid });
        const indices = async (filter: object, page: object = {}) =>
          (await store().search(filter, { order: 'asc', limit: 10, ...page }, EVERYTHING)).map(
            ({ index }) => index,
          );
        expect(await indices({ wid })).toEqual([1, 2, 4]);
        expect(await indices({ iss: 'urn:a' })).toEqual([1, 3]);
        expect(await indices({ execAct: 'x' })).toEqual([1]);
        expect(await indices({ kid: 'k2' })).toEqual([2]);
        expect(await indices({ polDecision: 'rejected' })).toEqual([3]);
        expect(await indices({ fromMs: 1_000, toMs: 2_000 })).toEqual([1, 2]);
        expect(await indices({ fromMs: 2_000, iss: 'urn:a' })).toEqual([3]);
        expect(await indices({}, { order: 'desc', limit: 2 })).toEqual([4, 3]);
        expect(await indices({}, { order: 'desc', afterIndex: 3 })).toEqual([2, 1]);
        expect(await indices({}, { afterIndex: 3 })).toEqual([4]);
      });

      it('lists workflows, most recently started first', async () => {
        const [w1, w2] = [randomUUID(), randomUUID()];
        subject.setNow(1_000);
        await append({ wid: w1, iss: 'urn:b' }, { wid: w2 }, {});
        subject.setNow(2_000);
        await append({ wid: w1, iss: 'urn:a' }, { wid: w1, iss: 'urn:b' });
        const first = {
          wid: w1,
          entries: 3,
          firstIndex: 1,
          firstRecordedAtMs: 1_000,
          lastRecordedAtMs: 2_000,
          issuers: ['urn:a', 'urn:b'],
        };
        const summaries = await store().workflows({ limit: 10 }, EVERYTHING);
        expect(summaries.map(({ wid }) => wid)).toEqual([w2, w1]);
        expect(summaries[1]).toEqual(first);
        expect(await store().workflows({ limit: 10, beforeIndex: 2 }, EVERYTHING)).toEqual([first]);
        expect(await store().workflows({ limit: 1 }, EVERYTHING)).toHaveLength(1);
      });

      it('lists the workflows in which one of some issuers took part', async () => {
        const [w1, w2, w3] = [randomUUID(), randomUUID(), randomUUID()];
        await append({ wid: w1, iss: 'urn:a' }, { wid: w2, iss: 'urn:b' }, { wid: w3, iss: 'urn:c' });
        await append({ wid: w1, iss: 'urn:b' }, { iss: 'urn:d' });
        const of = async (issuers: readonly string[], page = {}, visibility: Visibility = EVERYTHING) =>
          (await store().workflows({ limit: 10, issuers, ...page }, visibility)).map(({ wid }) => wid);
        expect(await of(['urn:b'])).toEqual([w2, w1]);
        expect(await of(['urn:c', 'urn:a'])).toEqual([w3, w1]);
        expect(await of(['urn:b'], { limit: 1 })).toEqual([w2]);
        expect(await of(['urn:b'], { beforeIndex: 2 })).toEqual([w1]);
        expect(await of(['urn:d', 'urn'])).toEqual([]);
        expect(await of([])).toEqual([]);
        const inSecond = { workflows: new Set([w2]) };
        expect(await of(['urn:b', 'urn:c'], {}, inSecond)).toEqual([w2]);
        expect(await of(['urn:a'], {}, inSecond)).toEqual([]);
      });

      it('flags workflows with rejected and waiting tasks', async () => {
        const [w1, w2, w3] = [randomUUID(), randomUUID(), randomUUID()];
        const waiting = { wid: w2, polDecision: 'pending_human_review', iss: 'urn:b' } as const;
        await append({ wid: w1 }, { wid: w1, polDecision: 'approved' }, waiting, { polDecision: 'rejected' });
        await append({ wid: w2, polDecision: 'rejected' });
        const flags = async (visibility: Visibility) => [
          ...(await store().workflowFlags([w1, w2, w3], visibility)),
        ];
        const none = [w3, []];
        const both = ['rejected', 'pending_human_review'];
        expect(await flags(EVERYTHING)).toEqual([[w1, []], [w2, both], none]);
        const inDomain = { trustDomains: new Set(['example.com']) };
        expect(await flags(inDomain)).toEqual([[w1, []], [w2, ['rejected']], none]);
        expect(await flags({ workflows: new Set([w1]) })).toEqual([[w1, []], [w2, []], none]);
      });

      it('shows a workflow by index with its roots and leaves', async () => {
        const [a, b, c, wid] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
        await append({ wid, jti: a }, { wid, jti: b }, { wid, jti: c, parents: [b, a] });
        const whole = await store().workflow(wid, 10, EVERYTHING);
        expect(whole).toMatchObject({ roots: [a, b], leaves: [c], truncated: false });
        expect(whole?.nodes.map((node) => [node.index, node.parents])).toEqual([
          [1, []],
          [2, []],
          [3, [b, a]],
        ]);
        expect(await store().workflow(wid, 2, EVERYTHING)).toMatchObject({
          roots: [a, b],
          leaves: [],
          truncated: true,
        });
        expect(await store().workflow(randomUUID(), 2, EVERYTHING)).toBeUndefined();
      });
    });

    describe('what is out of sight', () => {
      const issuers = {
        domain: 'spiffe://example.com',
        agent: 'spiffe://example.com/agent/a',
        web: 'https://example.com/agents',
        deeper: 'spiffe://sub.example.com/agent/a',
        lookalike: 'spiffe://example.com.evil/agent/a',
        wildcard: 'spiffe://exampleXcom/agent/a',
        port: 'https://example.com:8443/agents',
        otherScheme: 'http://example.com/agents',
        inThePath: 'https://evil.example/https://example.com/',
      };
      const inDomain: Visibility = { trustDomains: new Set(['example.com']) };
      const search = async (visibility: Visibility, filter: object = {}) =>
        (await store().search(filter, { order: 'asc', limit: 100 }, visibility)).map(({ index }) => index);

      it('is whatever does not belong to a trust domain in sight', async () => {
        await append(...Object.values(issuers).map((iss) => ({ iss })));
        expect(await search(inDomain)).toEqual([1, 2, 3]);
        expect(await search({ trustDomains: new Set(['example.com:8443', 'sub.example.com']) })).toEqual([
          4, 7,
        ]);
        expect(await search({ trustDomains: new Set(['example_com', '%', '', '\\']) })).toEqual([]);
        expect(await search({ trustDomains: new Set() })).toEqual([]);
        expect(await search(inDomain, { iss: issuers.lookalike })).toEqual([]);
      });

      it('is whatever does not belong to a workflow in sight, tasks without one included', async () => {
        const [w1, w2] = [randomUUID(), randomUUID()];
        await append({ wid: w1 }, { wid: w2 }, {}, { wid: w1, iss: 'urn:b' });
        expect(await search({ workflows: new Set([w1]) })).toEqual([1, 4]);
        expect(await search({ workflows: new Set([w1]) }, { wid: w2 })).toEqual([]);
        expect(await search({ workflows: new Set() })).toEqual([]);
        expect(await search({ workflows: new Set([w1]), ...inDomain })).toEqual([1]);
      });

      it('is found neither by its name nor by its index', async () => {
        const [jti, wid, other] = [randomUUID(), randomUUID(), randomUUID()];
        await append({ jti, wid }, { jti, wid: other }, { jti: other, iss: 'urn:b' });
        const inWorkflow = { workflows: new Set([wid]) };
        const found = async (task: TaskQuery, visibility: Visibility) =>
          (await store().find(task, 10, visibility)).map(({ index }) => index);
        expect(await found({ jti }, inWorkflow)).toEqual([1]);
        expect(await found({ jti, wid: other }, inWorkflow)).toEqual([]);
        expect(await found({ jti: other }, inDomain)).toEqual([]);
        expect(await store().entryAt(1, inWorkflow)).toMatchObject({ index: 1 });
        expect(await store().entryAt(2, inWorkflow)).toBeUndefined();
        expect(await store().entryAt(3, inDomain)).toBeUndefined();
      });

      it('counts for nothing in the list of workflows', async () => {
        const [w1, w2, w3] = [randomUUID(), randomUUID(), randomUUID()];
        const hidden = 'urn:hidden';
        subject.setNow(1_000);
        await append({ wid: w1, iss: hidden }, { wid: w2 }, { wid: w3, iss: hidden });
        subject.setNow(2_000);
        await append({ wid: w1 }, { wid: w1, iss: issuers.web });
        subject.setNow(3_000);
        await append({ wid: w1, iss: hidden });
        const summaries = await store().workflows({ limit: 10 }, inDomain);
        expect(summaries.map(({ wid, entries }) => [wid, entries])).toEqual([
          [w1, 2],
          [w2, 1],
        ]);
        expect(summaries[0]).toEqual({
          wid: w1,
          entries: 2,
          firstIndex: 4,
          firstRecordedAtMs: 2_000,
          lastRecordedAtMs: 2_000,
          issuers: [issuers.web, issuers.agent],
        });
        expect(await store().workflows({ limit: 10, beforeIndex: 4 }, inDomain)).toEqual([summaries[1]]);
        expect(await store().workflows({ limit: 1 }, inDomain)).toEqual([summaries[0]]);
        const inThird = { workflows: new Set([w3]) };
        expect((await store().workflows({ limit: 10 }, inThird)).map(({ wid }) => wid)).toEqual([w3]);
      });

      it('is in no graph and makes no leaf an inner node', async () => {
        const [a, b, c, wid] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
        const hidden = 'urn:hidden';
        await append(
          { wid, jti: a },
          { wid, jti: b, parents: [a], iss: hidden },
          { wid, jti: c, parents: [b] },
        );
        const graph = await store().workflow(wid, 10, inDomain);
        expect(graph?.nodes.map(({ jti }) => jti)).toEqual([a, c]);
        expect(graph).toMatchObject({ roots: [a], leaves: [a, c], truncated: false });
        expect(await store().workflow(wid, 2, inDomain)).toMatchObject({ truncated: false });
        expect(
          await store().workflow(wid, 2, { trustDomains: new Set(['elsewhere.example']) }),
        ).toBeUndefined();
        for (const direction of ['ancestors', 'descendants'] as const) {
          const start = direction === 'ancestors' ? 3 : 1;
          const { nodes, truncated } = await store().trace(start, { direction, limit: 1 }, inDomain);
          expect({ indices: nodes.map(({ index }) => index), truncated }).toEqual({
            indices: [start],
            truncated: false,
          });
        }
      });

      it('is on no way that is walked, on random graphs', async () => {
        await fc.assert(
          fc.asyncProperty(randomGraph, fc.infiniteStream(fc.boolean()), tracingAgreesInSight),
          { numRuns: 15 },
        );
      });

      async function tracingAgreesInSight(
        parentsOf: readonly (readonly number[])[],
        hides: Iterator<boolean>,
      ): Promise<void> {
        const wid = randomUUID();
        const sketches = parentsOf.map((_, i) => ({
          jti: randomUUID(),
          wid,
          iss: i === 0 || i === parentsOf.length - 1 || !hides.next().value ? issuers.agent : 'urn:hidden',
        }));
        const parents = sketches.map((_, i) =>
          [...new Set(parentsOf[i])].map((p) => sketches[p]?.jti ?? randomUUID()),
        );
        const outcomes = await append(
          ...sketches.map((sketch, i) => ({ ...sketch, parents: parents[i] ?? [] })),
        );
        const entries = outcomes.map(entryOf);
        const seen = new Set(sketches.filter(({ iss }) => iss === issuers.agent).map(({ jti }) => jti));
        const edges = new Map(
          sketches
            .map(({ jti }, i) => [jti, (parents[i] ?? []).filter((parent) => seen.has(parent))] as const)
            .filter(([jti]) => seen.has(jti)),
        );
        await compare(entries.at(-1), 'ancestors', edges, inDomain);
        await compare(entries[0], 'descendants', inverse(edges), inDomain);
      }
    });

    describe('trace', () => {
      it('agrees with a naive walk on random graphs, in both directions and under every bound', async () => {
        await fc.assert(fc.asyncProperty(randomGraph, tracingAgrees), { numRuns: 25 });
      });

      it('says that a bound cut something off, and keeps the nearest, then the oldest', async () => {
        const [root, wid] = [randomUUID(), randomUUID()];
        const children = [randomUUID(), randomUUID(), randomUUID()];
        await append({ wid, jti: root }, ...children.map((jti) => ({ wid, jti, parents: [root] })), {
          wid,
          parents: [children[2] ?? ''],
        });
        const indices = async (request: object) => {
          const { nodes, truncated } = await store().trace(
            1,
            { direction: 'descendants', limit: 100, ...request },
            EVERYTHING,
          );
          return { indices: nodes.map(({ index }) => index), truncated };
        };
        expect(await indices({})).toEqual({ indices: [1, 2, 3, 4, 5], truncated: false });
        expect(await indices({ limit: 3 })).toEqual({ indices: [1, 2, 3], truncated: true });
        expect(await indices({ limit: 5 })).toEqual({ indices: [1, 2, 3, 4, 5], truncated: false });
        expect(await indices({ depth: 1 })).toEqual({ indices: [1, 2, 3, 4], truncated: true });
        expect(await indices({ depth: 2 })).toEqual({ indices: [1, 2, 3, 4, 5], truncated: false });
        expect(await indices({ atSize: 4 })).toEqual({ indices: [1, 2, 3], truncated: false });
        expect(await indices({ depth: 0 })).toEqual({ indices: [1], truncated: true });
      });

      async function tracingAgrees(parentsOf: readonly (readonly number[])[]): Promise<void> {
        const wid = randomUUID();
        const jtis = parentsOf.map(() => randomUUID());
        const parents = new Map(
          jtis.map((jti, i) => [jti, [...new Set(parentsOf[i])].map((p) => jtis[p] ?? '')]),
        );
        const outcomes = await append(...jtis.map((jti) => ({ wid, jti, parents: parents.get(jti) ?? [] })));
        const entries = outcomes.map(entryOf);
        await compare(entries.at(-1), 'ancestors', parents);
        await compare(entries[0], 'descendants', inverse(parents));
      }
    });

    async function compare(
      start: Entry | undefined,
      direction: 'ancestors' | 'descendants',
      edges: ReadonlyMap<string, readonly string[]>,
      visibility = EVERYTHING,
    ) {
      if (!start) throw new Error('the graph is empty');
      const reach = naiveReach(start.claims.jti, edges);
      const { nodes, truncated } = await store().trace(start.index, { direction, limit: 10_000 }, visibility);
      expect(new Map(nodes.map(({ jti, depth }) => [jti, depth]))).toEqual(reach);
      expect(truncated).toBe(false);
      const order = nodes.map(({ depth, index }) => depth * 1e9 + index);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      const half = Math.ceil(nodes.length / 2);
      const cut = await store().trace(start.index, { direction, limit: half }, visibility);
      expect(cut).toEqual({ nodes: nodes.slice(0, half), truncated: half < nodes.length });
    }
  });
}

const randomGraph = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.array(fc.nat(Math.max(i - 1, 0)), { maxLength: i === 0 ? 0 : 4 }),
      ),
    ),
  );

function inverse(edges: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const inverted = new Map<string, string[]>();
  for (const [from, tos] of edges)
    for (const to of tos) inverted.set(to, [...(inverted.get(to) ?? []), from]);
  return inverted;
}

async function appendAll(
  store: LedgerStore,
  ects: readonly VerifiedEct[],
): Promise<readonly AppendOutcome[]> {
  const [outcomes] = await store.append([ects]);
  return outcomes ?? [];
}

function entryOf(outcome: AppendOutcome): Entry {
  if (outcome.kind === 'rejected') throw outcome.error;
  return outcome.entry;
}

function codeOrIndex(outcome: AppendOutcome): string | number {
  if (outcome.kind === 'rejected') return outcome.error.code;
  return outcome.kind === 'recorded' ? outcome.entry.index : `again ${outcome.entry.index}`;
}
