import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ProblemCode } from '../../src/domain/errors.js';
import { type EntryJson, expectProblem, faultsAt } from '../support/client.js';
import { LEDGER_ID } from '../support/cast.js';
import { NOW_SECONDS } from '../support/raw-token.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('a token that is refused (%s)', (store) => {
  let ledger: TestService;
  let root: EntryJson;
  let rejected: EntryJson;

  beforeAll(async () => {
    ledger = await startService({ store, environment: { LEDGER_ID } });
    const { client, cast } = ledger;
    root = await client.recorded(await cast.a.sign());
    rejected = await client.recorded(await cast.a.sign({ pol: 'p', polDecision: 'rejected' }));
  });

  afterAll(() => ledger.close());

  interface Refusal {
    readonly name: string;
    readonly code: ProblemCode;
    readonly status: number;
    readonly token: () => string | Promise<string>;
    readonly extras?: () => object;
  }

  const sign = (payload: object, header: object = {}) => ledger.cast.a.signAnything({ header, payload });
  const UNKNOWN = randomUUID();
  const SELF = randomUUID();

  const refusals: readonly Refusal[] = [
    { name: 'no JWS', code: 'malformed-token', status: 400, token: () => 'a.b' },
    { name: 'another typ', code: 'wrong-type', status: 400, token: () => sign({}, { typ: 'JWT' }) },
    { name: 'alg none', code: 'algorithm-not-allowed', status: 400, token: () => sign({}, { alg: 'none' }) },
    {
      name: 'alg not allowed',
      code: 'algorithm-not-allowed',
      status: 400,
      token: () => sign({}, { alg: 'ES384' }),
    },
    { name: 'no kid', code: 'invalid-header', status: 400, token: () => sign({}, { kid: undefined }) },
    { name: 'crit', code: 'invalid-header', status: 400, token: () => sign({}, { crit: [] }) },
    {
      name: 'an untrusted issuer',
      code: 'unknown-key',
      status: 403,
      token: () => ledger.cast.stranger.sign(),
    },
    { name: 'no issuer', code: 'unknown-key', status: 403, token: () => sign({ iss: undefined }) },
    {
      name: "another issuer's kid",
      code: 'unknown-key',
      status: 403,
      token: () => sign({ iss: ledger.cast.b.iss }),
    },
    {
      name: "another issuer's kid and name",
      code: 'invalid-signature',
      status: 403,
      token: () => sign({ iss: ledger.cast.b.iss }, { kid: 'b-key' }),
    },
    {
      name: 'another payload than signed',
      code: 'invalid-signature',
      status: 403,
      token: async () => forged(await ledger.cast.a.sign()),
    },
    {
      name: 'several wrong claims',
      code: 'invalid-claims',
      status: 422,
      token: () => sign({ jti: 'x', exec_act: '', par: ['y'], exp: NOW_SECONDS }),
      extras: () => ({
        errors: expect.arrayContaining(
          ['/jti', '/exec_act', '/par/0', '/exp'].map((pointer) => ({
            pointer,
            message: expect.stringMatching(/./),
          })),
        ),
      }),
    },
    {
      name: 'a missing claim',
      code: 'invalid-claims',
      status: 422,
      token: () => sign({ jti: undefined }),
      extras: () => faultsAt('/jti'),
    },
    {
      name: 'another audience',
      code: 'wrong-audience',
      status: 403,
      token: () => sign({ aud: 'urn:other' }),
    },
    {
      name: 'an exp that is over',
      code: 'expired',
      status: 422,
      token: () => sign({ iat: NOW_SECONDS - 10, exp: NOW_SECONDS }),
    },
    {
      name: 'an iat ahead',
      code: 'not-yet-valid',
      status: 422,
      token: () => sign({ iat: NOW_SECONDS + 31 }),
    },
    { name: 'an iat long ago', code: 'too-old', status: 422, token: () => sign({ iat: NOW_SECONDS - 901 }) },
    { name: 'a recorded jti', code: 'duplicate-jti', status: 409, token: () => sign({ jti: root.jti }) },
    {
      name: 'unknown parents',
      code: 'missing-parent',
      status: 422,
      token: () => sign({ par: [root.jti, UNKNOWN, SELF] }),
      extras: () => ({ parents: [UNKNOWN, SELF] }),
    },
    {
      name: 'a parent outside its workflow',
      code: 'missing-parent',
      status: 422,
      token: () => sign({ par: [root.jti], wid: randomUUID() }),
      extras: () => ({ parents: [root.jti] }),
    },
    {
      name: 'a parent that is younger',
      code: 'temporal-order',
      status: 422,
      token: () => sign({ par: [root.jti], iat: NOW_SECONDS - 31 }),
      extras: () => ({ parent: root.jti }),
    },
    { name: 'itself as parent', code: 'cycle', status: 422, token: () => sign({ jti: SELF, par: [SELF] }) },
    {
      name: 'a rejected parent',
      code: 'parent-policy',
      status: 422,
      token: () => sign({ par: [root.jti, rejected.jti] }),
      extras: () => ({ parent: rejected.jti }),
    },
  ];

  test.each(refusals)(
    'for $name is $code $status and leaves nothing behind',
    async ({ token, code, status, extras }) => {
      const { client, logged } = ledger;
      const compact = await token();
      const [countBefore, rejectionsBefore] = [await client.countEntries(), await countRejections(code)];
      expectProblem(await client.record(compact), code, status, extras?.());
      expect(await client.countEntries()).toBe(countBefore);
      expect(await countRejections(code)).toBe(rejectionsBefore + 1);
      expect(JSON.parse(logged.at(-1) ?? '')).toMatchObject({ msg: 'token rejected', code });
      expect(logged.join('')).not.toContain(compact);
    },
  );

  test('for a reason before the signature tells nothing about what is recorded', async () => {
    const known = forged(root.ect);
    const unknown = forged(await ledger.cast.a.sign());
    const [first, second] = [await ledger.client.record(known), await ledger.client.record(unknown)];
    expect({ ...(first.body as object), instance: '' }).toEqual({ ...(second.body as object), instance: '' });
    expect(first.status).toBe(403);
  });

  test('may be what comes after it: a remediation may follow a rejected parent', async () => {
    const { client, cast } = ledger;
    const parents = [rejected.jti];
    await client.recorded(await cast.b.sign({ parents, execAct: 'rollback_release' }));
    await client.recorded(await cast.b.sign({ parents, extension: { compensation_required: true } }));
  });

  async function countRejections(code: ProblemCode): Promise<number> {
    const { text } = await ledger.client.get('/metrics');
    return Number(
      new RegExp(`^ect_ledger_rejected_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
    );
  }
});

/** The same words under a signature of others. */
function forged(compact: string): string {
  const [header = '', payload = ''] = compact.split('.');
  return `${header}.${payload}.${'A'.repeat(86)}`;
}
