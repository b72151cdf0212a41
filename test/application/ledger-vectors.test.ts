import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { LedgerError, MemoryLedger, type StaticTrust } from '../../src/index.js';

interface Vectors {
  readonly ledger_id: string;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly algorithms: readonly string[];
  readonly trust: StaticTrust;
  readonly cases: readonly {
    readonly name: string;
    readonly token: string;
    readonly history: readonly string[];
    readonly expect: string;
  }[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/ect.json', import.meta.url), 'utf8')) as Vectors;

describe('the independent vectors, through the whole ledger', () => {
  it('are all there', () => {
    expect(vectors.cases).toHaveLength(77);
  });

  it.each(vectors.cases.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
    const ledger = new MemoryLedger({
      keys: vectors.trust,
      audience: vectors.ledger_id,
      algorithms: vectors.algorithms,
      now: vectors.now * 1000,
    });
    for (const token of vector.history) await ledger.record(token);
    const outcome = await ledger.record(vector.token).then(
      ({ kind }) => kind,
      (error: unknown) => (error instanceof LedgerError ? error.code : error),
    );
    expect(outcome).toBe(vector.expect);
    const kept = await ledger.search();
    expect(kept).toHaveLength(vector.history.length + (vector.expect === 'recorded' ? 1 : 0));
  });
});
