import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVERYTHING, type Visibility } from '../../src/application/caller.js';
import fc from 'fast-check';
import type { KeyHistory, KeysRequest } from '../../src/application/ports/key-history.js';
import type { VerifiedEct } from '../../src/domain/entry.js';
import { naiveReach } from '../support/naive-graph.js';
import { verifiedEct, type TaskSketch } from '../support/verified-ect.js';
import type { StoreUnderTest } from './ledger-store.contract.js';

export interface HistoryUnderTest extends StoreUnderTest {
  readonly keys: KeyHistory;
}

const A = 'urn:issuer:a';
const B = 'urn:issuer:b';
const W = '550e8400-e29b-41d4-a716-446655440000';

/** What every `KeyHistory` promises. `open` gives an empty store. */
export function describeKeyHistory(name: string, open: () => Promise<HistoryUnderTest>): void {
  describe(`${name} as a KeyHistory`, () => {
    let subject: HistoryUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    /** One append for each, a second apart, the first at 1000 ms. */
    const append = async (...ects: readonly VerifiedEct[]) => {
      for (const [at, ect] of ects.entries()) {
        subject.setNow(1_000 * (at + 1));
        await subject.store.append([[ect]]);
      }
    };
    const listed = async (request: Partial<KeysRequest> = {}) =>
      (await subject.keys.list({ limit: 100, ...request }, EVERYTHING)).map(({ jkt }) => jkt);

    it('knows no key before it verified something', async () => {
      expect(await subject.keys.find(jktOf('none'), EVERYTHING)).toBeUndefined();
      expect(await listed()).toEqual([]);
    });

    it('tells first and last use, the key itself and where it came from at first', async () => {
      const first = signedBy('key', { iss: A, kid: 'one' }, 'trust-file');
      await append(
        first,
        signedBy('other', { iss: A, kid: 'two' }),
        signedBy('key', { iss: A, kid: 'one' }, 'wit'),
      );
      expect(await subject.keys.find(jktOf('key'), EVERYTHING)).toMatchObject({
        jkt: jktOf('key'),
        jwk: first.jwk,
        alg: 'ES256',
        names: [{ iss: A, kid: 'one', source: 'trust-file' }],
        firstIndex: 1,
        firstUsedAtMs: 1_000,
        lastIndex: 3,
        lastUsedAtMs: 3_000,
      });
    });

    it('keeps every name that one key served under, in the order of first use', async () => {
      await append(
        signedBy('key', { iss: B, kid: 'b' }),
        signedBy('key', { iss: A, kid: 'a' }, 'jwks_uri'),
        signedBy('key', { iss: A, kid: 'a2' }),
        signedBy('key', { iss: B, kid: 'b' }),
      );
      expect((await subject.keys.find(jktOf('key'), EVERYTHING))?.names).toEqual([
        { iss: B, kid: 'b', source: undefined },
        { iss: A, kid: 'a', source: 'jwks_uri' },
        { iss: A, kid: 'a2', source: undefined },
      ]);
    });

    it('sees a name once that several tokens of one append use', async () => {
      const ects = [0, 1, 2].map(() => signedBy('key', { iss: A, kid: 'a' }));
      await subject.store.append([ects]);
      expect(await subject.keys.find(jktOf('key'), EVERYTHING)).toMatchObject({
        names: [{ iss: A, kid: 'a' }],
        firstIndex: 1,
        lastIndex: 3,
      });
    });

    it('lists each key once, the newest first use first, page by page', async () => {
      await append(...['k1', 'k2', 'k1', 'k3', 'k2'].map((key) => signedBy(key, { iss: A, kid: key })));
      expect(await listed()).toEqual(['k3', 'k2', 'k1'].map(jktOf));
      const [first] = await subject.keys.list({ limit: 1 }, EVERYTHING);
      expect(await listed({ before: first?.position })).toEqual(['k2', 'k1'].map(jktOf));
    });

    it('lists the keys of an issuer by their first use for it', async () => {
      await append(
        signedBy('shared', { iss: A, kid: 'a' }),
        signedBy('only-b', { iss: B, kid: 'b' }),
        signedBy('shared', { iss: B, kid: 'x' }),
        signedBy('shared', { iss: B, kid: 'y' }),
      );
      expect(await listed({ iss: B })).toEqual(['shared', 'only-b'].map(jktOf));
      expect(await listed({ iss: A })).toEqual([jktOf('shared')]);
      expect(await listed({ iss: 'urn:issuer:c' })).toEqual([]);
      const [newest] = await subject.keys.list({ iss: B, limit: 1 }, EVERYTHING);
      expect(newest).toMatchObject({ position: 3, firstIndex: 1, lastIndex: 4 });
    });

    it('has room for the longest names', async () => {
      const iss = `urn:${noise(2_044)}`;
      const kid = '\u{1F511}'.repeat(256);
      await append(signedBy('key', { iss, kid }), signedBy('key', { iss, kid }));
      expect((await subject.keys.find(jktOf('key'), EVERYTHING))?.names).toEqual([
        { iss, kid, source: undefined },
      ]);
      expect(await listed({ iss })).toEqual([jktOf('key')]);
    });

    describe('impact', () => {
      const impact = async (key: string, fromMs = 0, limit = 100) => {
        const { nodes, truncated } = await subject.keys.impact(jktOf(key), { fromMs, limit }, EVERYTHING);
        return { nodes: nodes.map(({ index, depth }) => [index, depth]), truncated };
      };
      const child = (key: string, ...parents: readonly VerifiedEct[]) =>
        signedBy(key, { iss: A, kid: key, parents: parents.map(({ claims }) => claims.jti) });

      it('is the tasks signed with the key and all that came of them, by shortest distance', async () => {
        const bad = child('bad');
        const good = child('good', bad);
        const late = child('bad', good);
        await append(child('other'), bad, good, late, child('good', late, good), child('other'));
        expect(await impact('bad')).toEqual({
          nodes: [
            [2, 0],
            [4, 0],
            [3, 1],
            [5, 1],
          ],
          truncated: false,
        });
      });

      it('begins with what was recorded at the given time', async () => {
        const [first, second] = [child('bad'), child('bad')];
        await append(first, second, child('good', first), child('good', second));
        const since = [
          [2, 0],
          [4, 1],
        ];
        expect(await impact('bad', 1_001)).toEqual({ nodes: since, truncated: false });
        expect(await impact('bad', 2_000)).toEqual({ nodes: since, truncated: false });
        expect(await impact('bad', 2_001)).toEqual({ nodes: [], truncated: false });
        expect(await impact('bad', 9_000)).toEqual({ nodes: [], truncated: false });
        expect(await impact('unused')).toEqual({ nodes: [], truncated: false });
      });

      it('stops at the limit and says so', async () => {
        const bad = [child('bad'), child('bad'), child('bad')];
        await append(...bad, child('good', ...bad));
        expect(await impact('bad', 0, 2)).toEqual({
          nodes: [
            [1, 0],
            [2, 0],
          ],
          truncated: true,
        });
        expect(await impact('bad', 0, 3)).toMatchObject({ truncated: true });
        expect(await impact('bad', 0, 4)).toMatchObject({ truncated: false });
      });

      it('agrees with a naive walk over any graph', async () => {
        const task = fc.record({ isBad: fc.boolean(), links: fc.uniqueArray(fc.nat(30), { maxLength: 4 }) });
        await fc.assert(
          fc.asyncProperty(
            fc.array(task, { minLength: 1, maxLength: 20 }),
            fc.nat(20),
            async (tasks, since) => {
              const before = await subject.store.size();
              const key = `bad ${before}`;
              const first = Math.max(before, 1);
              const ects: VerifiedEct[] = [];
              for (const { isBad, links } of tasks) {
                const parents = [...new Set(links.map((link) => ects[link]))].filter(
                  (one) => one !== undefined,
                );
                ects.push(child(isBad ? key : 'good', ...parents));
              }
              for (const [at, ect] of ects.entries()) {
                subject.setNow(1_000_000 + 1_000 * (first + at));
                await subject.store.append([[ect]]);
              }
              const children = new Map<string, string[]>();
              const indexOf = new Map(ects.map(({ claims }, at) => [claims.jti, first + at]));
              for (const { claims } of ects)
                for (const parent of claims.parents)
                  children.set(parent, [...(children.get(parent) ?? []), claims.jti]);
              const depths = new Map<number, number>();
              for (const { claims } of ects.slice(since).filter(({ jkt }) => jkt === jktOf(key))) {
                for (const [jti, depth] of naiveReach(claims.jti, children)) {
                  const index = indexOf.get(jti) ?? -1;
                  depths.set(index, Math.min(depth, depths.get(index) ?? Infinity));
                }
              }
              const expected = [...depths].sort(([a, x], [b, y]) => x - y || a - b);
              expect(await impact(key, 1_000_000 + 1_000 * (first + since))).toEqual({
                nodes: expected,
                truncated: false,
              });
            },
          ),
          { numRuns: 15 },
        );
      });
    });

    describe.each<[string, Visibility]>([
      ['a workflow', { workflows: new Set([W]) }],
      ['a trust domain', { trustDomains: new Set(['b.example']) }],
    ])('to whose sight is limited to %s', (_, limits) => {
      const seen = { iss: 'https://b.example/agent', kid: 'b', wid: W };
      const hidden = { iss: 'spiffe://a.example/agent', kid: 'a' };

      it('a key is what it is in the entries in sight', async () => {
        await append(
          signedBy('shared', hidden, 'trust-file'),
          signedBy('shared', seen, 'wit'),
          signedBy('hidden', hidden),
          signedBy('shared', seen),
          signedBy('seen', seen),
          signedBy('shared', { ...hidden, kid: 'a2' }),
        );
        const shared = {
          jkt: jktOf('shared'),
          names: [{ iss: seen.iss, kid: 'b', source: 'wit' }],
          firstIndex: 2,
          firstUsedAtMs: 2_000,
          lastIndex: 4,
          lastUsedAtMs: 4_000,
        };
        expect(await subject.keys.find(jktOf('shared'), limits)).toMatchObject(shared);
        expect(await subject.keys.find(jktOf('hidden'), limits)).toBeUndefined();
        const list = (request: Partial<KeysRequest> = {}) =>
          subject.keys.list({ limit: 100, ...request }, limits);
        expect(await list()).toMatchObject([
          { jkt: jktOf('seen'), position: 5 },
          { ...shared, position: 2 },
        ]);
        expect(await list({ limit: 1, before: 5 })).toMatchObject([shared]);
        expect(await list({ iss: seen.iss, before: 2 })).toEqual([]);
        expect(await list({ iss: hidden.iss })).toEqual([]);
        expect(await subject.keys.find(jktOf('shared'), { workflows: new Set() })).toBeUndefined();
      });

      it('its impact begins and goes on in sight', async () => {
        const start = signedBy('bad', seen);
        const behind = signedBy('good', { ...hidden, parents: [start.claims.jti] });
        await append(
          start,
          behind,
          signedBy('good', { ...seen, parents: [start.claims.jti] }),
          signedBy('good', { ...hidden, parents: [behind.claims.jti] }),
          signedBy('bad', hidden),
        );
        const impact = await subject.keys.impact(jktOf('bad'), { fromMs: 0, limit: 10 }, limits);
        expect(impact).toMatchObject({
          nodes: [
            { index: 1, depth: 0 },
            { index: 3, depth: 1 },
          ],
          truncated: false,
        });
      });
    });

    it('finds the entries of a key', async () => {
      await append(...['k1', 'k2', 'k1'].map((key) => signedBy(key, { iss: A, kid: 'same' })));
      const found = await subject.store.search({ jkt: jktOf('k1') }, { order: 'asc', limit: 10 }, EVERYTHING);
      expect(found.map(({ index }) => index)).toEqual([1, 3]);
    });
  });
}

/** A token that the key of this name signed; `verifiedEct` derives the thumbprint from the name. */
function signedBy(key: string, name: TaskSketch, source?: VerifiedEct['source']): VerifiedEct {
  const { jkt, jwk } = verifiedEct({ kid: key });
  return { ...verifiedEct(name), jkt, jwk, source };
}

function jktOf(key: string): string {
  return verifiedEct({ kid: key }).jkt;
}

/** Hardly compressible, as hostile issuers are. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}
