import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVERYTHING, type Visibility } from '../../src/application/caller.js';
import type { TrustStore } from '../../src/application/ports/trust-store.js';
import type { AppendOutcome } from '../../src/application/ports/ledger-store.js';
import { parseSignedCheckpoint } from '../../src/domain/log/checkpoint.js';
import { decodeLeaf } from '../../src/domain/log/leaf.js';
import { verifiedEct } from '../support/verified-ect.js';
import type { StoreUnderTest } from './ledger-store.contract.js';

export interface TrustUnderTest extends StoreUnderTest {
  readonly trust: TrustStore;
}

/** What every `TrustStore` promises. `open` gives an empty one. */
export function describeTrustStore(name: string, open: () => Promise<TrustUnderTest>): void {
  describe(`${name} as a TrustStore`, () => {
    let subject: TrustUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    const record = async (kid: string) => {
      const [[outcome] = []] = await subject.store.append([[verifiedEct({ kid })]]);
      return outcome && codeOf(outcome);
    };

    describe('revoke', () => {
      it('stops the key, under whatever name, and no other', async () => {
        await subject.store.append([]);
        await subject.trust.revoke({ jkt: jktOf('one'), reason: 'stolen' });
        expect(await record('one')).toBe('revoked-key');
        const renamed = { ...verifiedEct({ kid: 'two', iss: 'urn:b' }), jkt: jktOf('one') };
        const [[outcome] = []] = await subject.store.append([[renamed]]);
        expect(outcome && codeOf(outcome)).toBe('revoked-key');
        expect(await record('two')).toBe('recorded');
      });

      it('refuses the byte-identical token of before: nothing is said of it any more', async () => {
        const ect = verifiedEct({ kid: 'one' });
        await subject.store.append([[ect]]);
        await subject.trust.revoke({ jkt: ect.jkt, reason: 'stolen' });
        const [[outcome] = []] = await subject.store.append([[ect]]);
        expect(outcome && codeOf(outcome)).toBe('revoked-key');
      });

      it('flags the workflows in which the key was used, from its time on', async () => {
        const [w1, w2, w3] = [randomUUID(), randomUUID(), randomUUID()];
        const renamed = { ...verifiedEct({ kid: 'two', iss: 'urn:b', wid: w2 }), jkt: jktOf('one') };
        await subject.store.append([[verifiedEct({ kid: 'one', wid: w1 }), renamed]]);
        await subject.store.append([[verifiedEct({ kid: 'two', wid: w3 }), verifiedEct({ kid: 'one' })]]);
        await subject.trust.revoke({ jkt: jktOf('one'), atMs: 5_000, reason: 'rotation' });
        const flagged = async (visibility: Visibility) => {
          const flags = await subject.store.workflowFlags([w1, w2, w3], visibility);
          return [w1, w2, w3].map((wid) => flags.get(wid)?.join());
        };
        subject.setNow(4_999);
        expect(await flagged(EVERYTHING)).toEqual(['', '', '']);
        subject.setNow(5_000);
        expect(await flagged(EVERYTHING)).toEqual(['revoked_key', 'revoked_key', '']);
        expect(await flagged({ workflows: new Set([w1, w3]) })).toEqual(['revoked_key', '', '']);
        const elsewhere = { trustDomains: new Set(['elsewhere.example']) };
        expect(await flagged(elsewhere)).toEqual(['', '', '']);
      });

      it('goes by the time of recording, to the millisecond', async () => {
        await subject.trust.revoke({ jkt: jktOf('one'), atMs: 5_000, reason: 'rotation' });
        subject.setNow(4_999);
        expect(await record('one')).toBe('recorded');
        subject.setNow(5_000);
        expect(await record('one')).toBe('revoked-key');
      });

      it('is at the time of the next recording unless told otherwise', async () => {
        subject.setNow(9_000);
        await record('two');
        subject.setNow(7_000);
        expect(await subject.trust.revoke({ jkt: jktOf('one'), reason: 'stolen' })).toEqual({
          revocation: { jkt: jktOf('one'), atMs: 9_000, reason: 'stolen' },
          isNew: true,
        });
      });

      it('stores what says more than before, and answers what holds', async () => {
        const jkt = jktOf('one');
        const revoke = (atMs: number) => subject.trust.revoke({ jkt, atMs, reason: `at ${atMs}` });
        const held = (atMs: number) => ({ jkt, atMs, reason: `at ${atMs}` });
        expect(await revoke(50)).toEqual({ revocation: held(50), isNew: true });
        expect(await revoke(50)).toEqual({ revocation: held(50), isNew: false });
        expect(await revoke(60)).toEqual({ revocation: held(50), isNew: false });
        expect(await revoke(40)).toEqual({ revocation: held(40), isNew: true });
      });

      it('marks the entries and tasks of the key, once its time has come', async () => {
        const parent = verifiedEct({ kid: 'one' });
        const child = verifiedEct({ kid: 'two', parents: [parent.claims.jti] });
        await subject.store.append([[parent], [child]]);
        await subject.trust.revoke({ jkt: parent.jkt, atMs: 5_000, reason: 'stolen' });
        const marks = async () => {
          const entries = await subject.store.search({}, { order: 'asc', limit: 10 }, EVERYTHING);
          const { nodes } = await subject.store.trace(2, { direction: 'ancestors', limit: 10 }, EVERYTHING);
          return [...entries, ...nodes].map(({ keyRevokedAtMs }) => keyRevokedAtMs);
        };
        expect(await marks()).toEqual([undefined, undefined, undefined, undefined]);
        subject.setNow(5_000);
        expect(await marks()).toEqual([5_000, undefined, undefined, 5_000]);
      });
    });

    describe('recordTrust', () => {
      const files = (text: string) => new TextEncoder().encode(text);
      const kinds = async () =>
        (await subject.store.leaves(0, 100)).map((leaf) => {
          const { kind } = decodeLeaf(leaf);
          return kind;
        });
      const configurationAt = async (index: number) => {
        const bytes = await subject.trust.configurationAt(index);
        return bytes && new TextDecoder().decode(bytes);
      };

      it('writes no leaf for what is trusted from the start, however often it is said', async () => {
        await subject.store.append([]);
        await subject.trust.recordTrust(files('one'));
        await subject.trust.recordTrust(files('one'));
        expect(await kinds()).toEqual(['genesis']);
        expect(await configurationAt(0)).toBeUndefined();
        expect(await record('a')).toBe('recorded');
        expect(await kinds()).toEqual(['genesis', 'ect']);
      });

      it('writes both leaves at the first change, then one a change, and none for the same again', async () => {
        await subject.store.append([]);
        for (const text of ['before', 'any entry', 'one']) await subject.trust.recordTrust(files(text));
        await record('a');
        for (const text of ['two', 'two', 'one', '']) await subject.trust.recordTrust(files(text));
        expect(await kinds()).toEqual(['genesis', 'ect', 'trust', 'trust', 'trust', 'trust']);
        const kept = await Promise.all([1, 2, 3, 4, 5, 6].map(configurationAt));
        expect(kept).toEqual([undefined, 'one', 'two', 'one', '', undefined]);
        for (const [at, leaf] of (await subject.store.leaves(2, 4)).entries()) {
          const bytes = files(kept[at + 1] ?? '');
          const digest = createHash('sha256').update(bytes).digest('base64url');
          expect(decodeLeaf(leaf)).toEqual({ kind: 'trust', digest, sizeBytes: bytes.length });
        }
      });

      it('is signed like an entry, and entries go on after it', async () => {
        const parent = verifiedEct({ kid: 'a' });
        await subject.store.append([[parent]]);
        await subject.trust.recordTrust(files('one'));
        await subject.trust.recordTrust(files('two'));
        expect(parseSignedCheckpoint((await subject.store.checkpoint()) ?? '').size).toBe(4);
        const child = verifiedEct({ kid: 'a', parents: [parent.claims.jti] });
        const [[outcome] = []] = await subject.store.append([[child]]);
        expect(outcome).toMatchObject({ kind: 'recorded', entry: { index: 4 }, receipt: { size: 5 } });
        expect(await subject.store.size()).toBe(5);
        expect(await subject.store.entryAt(3, EVERYTHING)).toBeUndefined();
        expect(await subject.store.entryAt(4, EVERYTHING)).toMatchObject({ claims: child.claims });
        const found = await subject.store.search({}, { order: 'asc', limit: 1, afterIndex: 1 }, EVERYTHING);
        expect(found.map(({ index }) => index)).toEqual([4]);
        const { nodes } = await subject.store.trace(4, { direction: 'ancestors', limit: 9 }, EVERYTHING);
        expect(nodes.map(({ index }) => index)).toEqual([4, 1]);
      });

      it('counts revocations in, a line of JSON each, in their order', async () => {
        await record('c');
        await subject.trust.recordTrust(files('one'));
        await subject.trust.revoke({ jkt: jktOf('b'), atMs: 2_000, reason: 'lost' });
        await subject.trust.revoke({ jkt: jktOf('a'), atMs: 1_000, reason: 'stolen' });
        await subject.trust.recordTrust(files('one'));
        await subject.trust.recordTrust(files('one'));
        expect(await kinds()).toEqual(['genesis', 'ect', 'trust', 'trust']);
        const lines = [
          { jkt: jktOf('b'), at: '1970-01-01T00:00:02.000Z', reason: 'lost' },
          { jkt: jktOf('a'), at: '1970-01-01T00:00:01.000Z', reason: 'stolen' },
        ];
        expect(await configurationAt(3)).toBe(
          `one${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`,
        );
      });
    });
  });
}

function jktOf(kid: string): string {
  return verifiedEct({ kid }).jkt;
}

function codeOf(outcome: AppendOutcome): string {
  return outcome.kind === 'rejected' ? outcome.error.code : outcome.kind;
}
