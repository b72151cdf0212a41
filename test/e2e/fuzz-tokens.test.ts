import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectKnownProblem, expectSane } from '../support/sane-answer.js';
import { base64url } from '../support/raw-token.js';
import { startService, type TestService } from '../support/service.js';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const anyJson = fc.oneof(fc.jsonValue(), fc.jsonValue({ noUnicodeString: false }), anyText);
const anyPart = fc.oneof(
  fc.uint8Array().map(base64url),
  anyJson.map((value) => base64url(JSON.stringify(value))),
  fc
    .dictionary(fc.constantFrom('alg', 'typ', 'kid', 'iss', 'crit', '__proto__'), anyJson)
    .map((value) => base64url(JSON.stringify(value))),
  anyText,
);

/** Things that claims are made of, right and wrong. */
const claimValue = fc.oneof(
  { weight: 3, arbitrary: anyJson },
  fc.uuid(),
  fc.array(fc.uuid(), { maxLength: 3 }),
  fc.constantFrom(
    undefined,
    null,
    0,
    -1,
    1.5,
    2 ** 53,
    1e300,
    1_772_064_200,
    '\0',
    '\ud800',
    [],
    {},
    [[]],
    true,
  ),
);
const CLAIMS = ['aud', 'iat', 'exp', 'jti', 'wid', 'exec_act', 'par', 'pred'];
const OTHERS = [
  'pol',
  'pol_decision',
  'pol_enforcer',
  'inp_hash',
  'out_hash',
  'ext',
  'ect_ext',
  '__proto__',
  'toString',
];
const payload = fc.dictionary(fc.constantFrom(...CLAIMS, ...OTHERS), claimValue, { maxKeys: 3 });
const header = fc.dictionary(fc.constantFrom('typ', 'alg', 'kid', 'crit', 'jwk', 'b64', 'zip'), claimValue, {
  maxKeys: 1,
});

const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat(3),
  insert: fc.string({ unit: fc.constantFrom(...'AZaz09-_.=+/ \n\0é'), maxLength: 3 }),
});

describe('hostile tokens', () => {
  let ledger: TestService;
  let recorded = 0;

  beforeAll(async () => {
    ledger = await startService({ store: 'postgres' });
  });

  afterAll(() => ledger.close());

  async function expectCount(): Promise<void> {
    expect(await ledger.client.countEntries()).toBe(recorded);
  }

  /** Sends what must not be recorded. */
  async function expectRefused(compact: string): Promise<void> {
    const answer = await ledger.client.record(compact);
    expectSane(answer);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    await expectCount();
  }

  test('are refused when they are any text', async () => {
    await fc.assert(fc.asyncProperty(anyText, expectRefused), { numRuns: 100 });
  });

  test('are refused when they are any parts', async () => {
    const parts = fc.array(anyPart, { minLength: 2, maxLength: 4 }).map((list) => list.join('.'));
    await fc.assert(fc.asyncProperty(parts, expectRefused), { numRuns: 150 });
  });

  test('are refused or recorded when signed, whatever they claim', async () => {
    await fc.assert(
      fc.asyncProperty(header, payload, async (headerMembers, payloadMembers) => {
        const compact = ledger.cast.a.signAnything({ header: headerMembers, payload: payloadMembers });
        const answer = await ledger.client.record(compact);
        expectSane(answer);
        if (answer.status === 201) recorded++;
        await expectCount();
        if (answer.status !== 201) return;
        const { receipt: _receipt, ...entry } = answer.body;
        const path = `/ledger/${entry.jti}?wid=${entry.wid ?? 'none'}`;
        expect((await ledger.client.get(path)).body).toEqual(entry);
      }),
      { numRuns: 250 },
    );
    expect(recorded).toBeGreaterThan(10);
  });

  test('are refused when a single thing about a good one was changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, remove, insert }) => {
        const good = await ledger.cast.a.sign();
        const position = at % good.length;
        const changed = good.slice(0, position) + insert + good.slice(position + remove);
        fc.pre(changed.trim() !== good);
        await expectRefused(changed);
      }),
      { numRuns: 150 },
    );
  });

  test('are refused one by one in a batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(anyText, anyPart), { minLength: 1, maxLength: 20 }),
        async (ects) => {
          const answer = await ledger.client.post<{
            results: readonly { status: number; problem: unknown }[];
          }>('/ledger/batch', JSON.stringify({ ects }), { 'Content-Type': 'application/json' });
          expectSane(answer);
          if (answer.status === 200) {
            expect(answer.body.results).toHaveLength(ects.length);
            for (const { status, problem } of answer.body.results) expectKnownProblem(problem, status);
          }
          await expectCount();
        },
      ),
      { numRuns: 60 },
    );
  });
});
