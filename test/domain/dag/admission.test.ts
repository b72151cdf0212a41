import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVERYTHING } from '../../../src/application/caller.js';
import type { AppendOutcome } from '../../../src/application/ports/ledger-store.js';
import type { VerifiedEct } from '../../../src/domain/entry.js';
import { MemoryLedgerStore } from '../../../src/storage/memory/memory-ledger-store.js';
import { testSealer } from '../../support/test-sealer.js';
import { verifiedEct } from '../../support/verified-ect.js';

const RULES = { clockSkewSeconds: 30, remediationActions: ['remediate*'] };
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Few identities, so that duplicates, cycles, ambiguities and namesakes are common. */
const token = fc
  .record({
    jti: fc.nat(5).map(uuid),
    wid: fc.option(fc.constantFrom(uuid(101), uuid(102)), { nil: undefined }),
    parents: fc.uniqueArray(fc.nat(6).map(uuid), { maxLength: 3 }),
    iat: fc.constantFrom(1_000_000, 1_000_020, 1_000_040),
    polDecision: fc.option(fc.constantFrom('approved', 'rejected'), { nil: undefined }),
    execAct: fc.constantFrom('act', 'remediate_it'),
    note: fc.constantFrom('one', 'two'),
  })
  .map(({ wid, polDecision, ...sketch }) =>
    verifiedEct({
      ...sketch,
      ...(wid !== undefined && { wid }),
      ...(polDecision !== undefined && { polDecision }),
    }),
  );
const submissions = fc.array(fc.array(token, { maxLength: 6 }), { maxLength: 6 });

const openStore = async () => new MemoryLedgerStore(RULES, await testSealer(), { nowMs: () => 1 });
const codeOrIndex = (outcome: AppendOutcome) =>
  outcome.kind === 'rejected' ? outcome.error.code : `${outcome.kind} ${outcome.entry.index}`;

describe('admission of submissions (ECT §6)', () => {
  it('in one group commit equals one submission at a time', async () => {
    await fc.assert(
      fc.asyncProperty(submissions, async (batch) => {
        const grouped = await (await openStore()).append(batch);
        const alone = await openStore();
        const single: (readonly AppendOutcome[])[] = [];
        for (const submission of batch) single.push(...(await alone.append([submission])));
        expect(grouped.map((ones) => ones.map(codeOrIndex))).toEqual(
          single.map((ones) => ones.map(codeOrIndex)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('answers every token and admits only what rests on lower indices', async () => {
    await fc.assert(
      fc.asyncProperty(submissions, async (batch) => {
        const store = await openStore();
        const outcomes = await store.append(batch);
        expect(outcomes.map((ones) => ones.length)).toEqual(batch.map((ones) => ones.length));
        for (const outcome of outcomes.flat()) {
          if (outcome.kind !== 'recorded') continue;
          const { nodes } = await store.trace(
            outcome.entry.index,
            { direction: 'ancestors', limit: 100 },
            EVERYTHING,
          );
          expect(nodes.slice(1).every(({ index }) => index < outcome.entry.index)).toBe(true);
          expect(nodes.filter(({ depth }) => depth === 1)).toHaveLength(outcome.entry.claims.parents.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('records a whole graph in whatever order its tokens are sent', async () => {
    const shuffledGraph = fc
      .integer({ min: 1, max: 60 })
      .chain((size) =>
        fc.tuple(
          ...Array.from({ length: size }, (_, i) =>
            fc.uniqueArray(fc.nat(Math.max(i - 1, 0)), { maxLength: i === 0 ? 0 : 3 }),
          ),
        ),
      )
      .map((parentsOf) =>
        parentsOf.map((parents, i) =>
          verifiedEct({ jti: uuid(i), wid: uuid(999), parents: parents.map(uuid) }),
        ),
      )
      .chain((ects) => fc.shuffledSubarray<VerifiedEct>(ects, { minLength: ects.length }));
    await fc.assert(
      fc.asyncProperty(shuffledGraph, async (ects) => {
        const [outcomes = []] = await (await openStore()).append([ects]);
        expect(outcomes.filter(({ kind }) => kind !== 'recorded')).toEqual([]);
      }),
    );
  });

  it('copes with the deepest chain of one batch sent child first', async () => {
    const chain = Array.from({ length: 1_000 }, (_, i) =>
      verifiedEct({ jti: uuid(i), wid: uuid(999), parents: i === 0 ? [] : [uuid(i - 1)] }),
    );
    const [outcomes = []] = await (await openStore()).append([chain.reverse()]);
    expect(outcomes.map(codeOrIndex)[0]).toBe('recorded 1000');
  });
});
