import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AppendOutcome, LedgerStore } from '../../src/application/ports/ledger-store.js';
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
        expect(await store().search({}, { order: 'asc', limit: 10 })).toEqual([]);
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
        const [entry] = await store().find(ect.claims.jti, undefined, 2);
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
          (await store().find(jti, wid, limit)).map(({ index }) => index);
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
          (await store().search(filter, { order: 'asc', limit: 10, ...page })).map(({ index }) => index);
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
        const summaries = await store().workflows(10);
        expect(summaries.map(({ wid }) => wid)).toEqual([w2, w1]);
        expect(summaries[1]).toEqual(first);
        expect(await store().workflows(10, 2)).toEqual([first]);
        expect(await store().workflows(1)).toHaveLength(1);
      });

      it('shows a workflow by index with its roots and leaves', async () => {
        const [a, b, c, wid] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
        await append({ wid, jti: a }, { wid, jti: b }, { wid, jti: c, parents: [b, a] });
        const whole = await store().workflow(wid, 10);
        expect(whole).toMatchObject({ roots: [a, b], leaves: [c], truncated: false });
        expect(whole?.nodes.map((node) => [node.index, node.parents])).toEqual([
          [1, []],
          [2, []],
          [3, [b, a]],
        ]);
        expect(await store().workflow(wid, 2)).toMatchObject({ roots: [a, b], leaves: [], truncated: true });
        expect(await store().workflow(randomUUID(), 2)).toBeUndefined();
      });
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
          const { nodes, truncated } = await store().trace(1, {
            direction: 'descendants',
            limit: 100,
            ...request,
          });
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

      async function compare(
        start: Entry | undefined,
        direction: 'ancestors' | 'descendants',
        edges: ReadonlyMap<string, readonly string[]>,
      ) {
        if (!start) throw new Error('the graph is empty');
        const reach = naiveReach(start.claims.jti, edges);
        const { nodes, truncated } = await store().trace(start.index, { direction, limit: 10_000 });
        expect(new Map(nodes.map(({ jti, depth }) => [jti, depth]))).toEqual(reach);
        expect(truncated).toBe(false);
        const order = nodes.map(({ depth, index }) => depth * 1e9 + index);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        const half = Math.ceil(nodes.length / 2);
        const cut = await store().trace(start.index, { direction, limit: half });
        expect(cut).toEqual({ nodes: nodes.slice(0, half), truncated: half < nodes.length });
      }
    });
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
