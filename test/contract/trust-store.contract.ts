import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVERYTHING } from '../../src/application/caller.js';
import type { TrustStore } from '../../src/application/ports/trust-store.js';
import type { AppendOutcome } from '../../src/application/ports/ledger-store.js';
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
  });
}

function jktOf(kid: string): string {
  return verifiedEct({ kid }).jkt;
}

function codeOf(outcome: AppendOutcome): string {
  return outcome.kind === 'rejected' ? outcome.error.code : outcome.kind;
}
