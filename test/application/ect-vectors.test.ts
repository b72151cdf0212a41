import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EctVerifier } from '../../src/application/verify-ect.js';
import { LedgerError } from '../../src/domain/errors.js';
import { JwkSignatureVerifier } from '../../src/keys/jwk-signature-verifier.js';
import { parseTrust } from '../../src/keys/parse-trust.js';

const RULES = {
  maxBytes: 16_384,
  maxParents: 100,
  maxAgeSeconds: 900,
  clockSkewSeconds: 30,
  maxDelaySeconds: 0,
};

interface Vectors {
  readonly ledger_id: string;
  readonly now: number;
  readonly algorithms: readonly string[];
  readonly trust: unknown;
  readonly cases: readonly { readonly name: string; readonly token: string; readonly expect: string }[];
}

async function verify(token: string, verifier: EctVerifier) {
  return verifier.check(await verifier.authenticate(token));
}

describe('the vectors of ECT §7', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../vectors/ect.json', import.meta.url), 'utf8'),
  ) as Vectors;
  const dagCodes = [
    'duplicate-jti',
    'missing-parent',
    'temporal-order',
    'cycle',
    'parent-policy',
    'already-recorded',
  ];

  it.each(vectors.cases.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
    const rules = { ...RULES, ledgerId: vectors.ledger_id, algorithms: vectors.algorithms };
    const clock = { nowMs: () => vectors.now * 1000 };
    const trust = await parseTrust(vectors.trust, 'trust');
    const verifier = new EctVerifier(trust, new JwkSignatureVerifier(), clock, rules);
    const outcome = await verify(vector.token, verifier).then(
      () => 'recorded',
      (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
    );
    expect(outcome).toBe(dagCodes.includes(vector.expect) ? 'recorded' : vector.expect);
  });
});
