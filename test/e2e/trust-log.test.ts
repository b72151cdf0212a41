import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Answer, expectProblem } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';

interface LeafJson {
  readonly kind: string;
  readonly leaf: string;
  readonly trust?: { readonly digest: string; readonly size: number; readonly configuration: string };
}

describe.each(STORES)('changes of trust in the log (%s)', (store) => {
  let ledger: TestService;

  beforeEach(async () => {
    ledger = await startService({ store });
  });

  afterEach(() => ledger.close());

  const leafAt = async (index: number) => (await ledger.client.get<LeafJson>(`/log/entries/${index}`)).body;
  const configurationAt = async (index: number) =>
    Buffer.from((await leafAt(index)).trust?.configuration ?? '', 'base64').toString('utf8');
  const trusting = async (document: object) => {
    await writeFile(ledger.trustFile, JSON.stringify(document));
    await ledger.service.reloadTrust();
  };
  const issuer = ({ iss, publicJwk }: TestService['cast']['a']) => ({ iss, jwks: { keys: [publicJwk] } });
  const ready = async () =>
    (await ledger.client.get<{ checks: { trust: object } }>('/health/ready')).body.checks.trust;

  test('trust that never changes leaves no trace, read again as often as you like', async () => {
    await ledger.client.recorded(await ledger.cast.a.sign());
    await ledger.service.reloadTrust();
    expect((await ledger.client.recorded(await ledger.cast.a.sign())).index).toBe(2);
  });

  test('a change writes what was trusted before and what is trusted now; anybody can recompute it', async () => {
    const { a, b, stranger } = ledger.cast;
    const before = await readFile(ledger.trustFile);
    expect((await ledger.client.recorded(await a.sign())).index).toBe(1);
    const keys = join(dirname(ledger.trustFile), 'stranger.json');
    await writeFile(keys, `${JSON.stringify({ keys: [stranger.publicJwk] })}\n`);
    await trusting({ issuers: [issuer(a), { iss: stranger.iss, jwks_file: 'stranger.json' }] });
    expect((await ledger.client.recorded(await stranger.sign())).index).toBe(4);
    expectProblem(await ledger.client.record(await b.sign()), 'unknown-key', 403);

    const now = Buffer.concat([await readFile(ledger.trustFile), await readFile(keys)]);
    for (const [index, files] of [
      [2, before],
      [3, now],
    ] as const) {
      const digest = createHash('sha256').update(files).digest('base64url');
      const { kind, leaf, trust } = await leafAt(index);
      expect({ kind, trust }).toEqual({
        kind: 'trust',
        trust: { digest, size: files.length, configuration: files.toString('base64') },
      });
      expect(Buffer.from(leaf, 'base64').toString('utf8')).toBe(
        `ect-ledger/leaf@v1\ntrust\n${digest}\n${files.length}\n`,
      );
    }
    expect(await leafAt(4)).not.toHaveProperty('trust');
    expect(await ready()).toMatchObject({ status: 'ok' });
  });

  test('a revocation in the trust file works from its time on, by thumbprint or by name', async () => {
    const { a, b } = ledger.cast;
    const entry = await ledger.client.recorded(await a.sign());
    const at = new Date(ledger.clock.nowMs() - 1).toISOString();
    const later = new Date(ledger.clock.nowMs() + 10_000).toISOString();
    await trusting({
      issuers: [issuer(a), issuer(b)],
      revocations: [
        { jkt: entry.jkt, at, reason: 'stolen' },
        { iss: b.iss, kid: 'b-key', at: later, reason: 'rotation' },
      ],
    });
    expectProblem(await ledger.client.record(await a.sign()), 'revoked-key', 403);
    expect((await ledger.client.get(`/ledger/${entry.jti}`)).body).toMatchObject({
      key_status: 'revoked',
      key_revoked_at: at,
    });
    const other = await ledger.client.recorded(await b.sign());
    expect((await ledger.client.get(`/keys/${other.jkt}`)).body).toMatchObject({
      key_status: 'active',
      revocation: { at: later, reason: 'rotation' },
    });
    ledger.clock.advance(10_000);
    expectProblem(await ledger.client.record(await b.sign()), 'revoked-key', 403);
    expect(await configurationAt(3)).toContain('"reason":"rotation"');
  });

  test('a revocation through the API is a line after the files', async () => {
    const entry = await ledger.client.recorded(await ledger.cast.a.sign());
    const told: Answer = await ledger.client.post(
      `/keys/${entry.jkt}/revocation`,
      JSON.stringify({ at: '2026-01-02T03:04:05Z', reason: 'stolen' }),
      { 'Content-Type': 'application/json' },
    );
    expect(told.status).toBe(201);
    const files = await readFile(ledger.trustFile, 'utf8');
    expect(await configurationAt(2)).toBe(files);
    const line = { jkt: entry.jkt, at: '2026-01-02T03:04:05.000Z', reason: 'stolen' };
    expect(await configurationAt(3)).toBe(`${files}${JSON.stringify(line)}\n`);
    expect((await ledger.client.recorded(await ledger.cast.b.sign())).index).toBe(4);
  });
});
