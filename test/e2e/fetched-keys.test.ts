import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectProblem } from '../support/client.js';
import { KeyServer } from '../support/key-server.js';
import { startService, type TestService } from '../support/service.js';

const COOLDOWN_MS = 10_000;
const MAX_AGE_MS = 600_000;
const STALE_SECONDS = 1_800;

let ledger: TestService;
let ofA: KeyServer;
let ofB: KeyServer;

const keysOf = (...keys: unknown[]) => ({ keys });

async function trust(...issuers: unknown[]): Promise<void> {
  await writeFile(ledger.trustFile, JSON.stringify({ issuers }));
  await ledger.service.reloadTrust();
}

/** What a token of a's is answered, and that nothing of it was kept. */
async function expectRefused(token: string, code: 'unknown-key' | 'invalid-signature', status = 403) {
  const before = await ledger.client.countEntries();
  expectProblem(await ledger.client.record(token), code, status);
  expect(await ledger.client.countEntries()).toBe(before);
}

async function expectUnavailable(token: string): Promise<void> {
  const before = await ledger.client.countEntries();
  const answer = await ledger.client.record(token);
  expectProblem(answer, 'store-unavailable', 503);
  expect(answer.headers.get('retry-after')).toBe('10');
  expect(await ledger.client.countEntries()).toBe(before);
}

async function readiness(): Promise<unknown> {
  const { body } = await ledger.client.get<{ checks: { trust: unknown } }>('/health/ready');
  return body.checks.trust;
}

beforeEach(async () => {
  ledger = await startService({
    store: 'memory',
    environment: { LEDGER_JWKS_STALE_SECONDS: String(STALE_SECONDS) },
  });
  ofA = await KeyServer.start();
  ofB = await KeyServer.start(ofA.certificate);
  const { a, b } = ledger.cast;
  ofA.serve(keysOf(a.publicJwk));
  ofB.serve(keysOf(b.publicJwk));
  await trust({ iss: a.iss, jwks_uri: ofA.url }, { iss: b.iss, jwks_uri: ofB.url });
});

afterEach(async () => {
  await ledger.close();
  await ofB.close();
  await ofA.close();
});

describe('keys by jwks_uri', () => {
  it('verify tokens of their issuer; readiness, metrics and log tell of the fetches', async () => {
    const { a, b } = ledger.cast;
    expect((await ledger.client.record(await a.sign())).status).toBe(201);
    expect((await ledger.client.record(await b.sign())).status).toBe(201);
    expect((await ledger.client.record(await a.sign())).status).toBe(201);
    expect([ofA.requests, ofB.requests]).toEqual([1, 1]);
    const at = new Date(ledger.clock.nowMs()).toISOString();
    expect(await readiness()).toEqual({
      status: 'ok',
      detail: `2 issuers, 2 keys, 2 fetched sets, the oldest of ${at}`,
    });
    const metrics = (await ledger.client.get('/metrics')).text;
    expect(metrics).toContain(`ect_ledger_key_fetches_total{owner="${a.iss}",outcome="ok"} 1`);
    expect(ledger.logged.join('')).toContain(`keys of ${a.iss}: fetched`);
  });

  it('survive a change of the trust file without another fetch', async () => {
    const { a } = ledger.cast;
    await ledger.client.recorded(await a.sign());
    await trust({ iss: a.iss, jwks_uri: ofA.url });
    await ledger.client.recorded(await a.sign());
    expect(ofA.requests).toBe(1);
  });

  it('rotate: a new key is found when it is first used, an old one is forgotten when the set is old', async () => {
    const { a } = ledger.cast;
    await ledger.client.recorded(await a.sign());
    const next = await ledger.cast.b.sign({ iss: a.iss });
    ofA.serve(keysOf(ledger.cast.b.publicJwk));
    ledger.clock.advance(COOLDOWN_MS);
    expect((await ledger.client.record(next)).status).toBe(201);
    await expectRefused(await a.sign(), 'unknown-key');
  });

  it("never serve another issuer, not even when that one's endpoint claims them", async () => {
    const { a, b } = ledger.cast;
    await expectRefused(await b.sign({ iss: a.iss }), 'unknown-key');
    ofB.serve(keysOf(a.publicJwk, b.publicJwk));
    ledger.clock.advance(MAX_AGE_MS);
    await expectRefused(await b.sign({ iss: a.iss }), 'unknown-key');
    const underNameOfA = { ...b.publicJwk, kid: a.publicJwk['kid'] };
    ofB.serve(keysOf(underNameOfA));
    ledger.clock.advance(MAX_AGE_MS);
    await expectRefused(
      b.signAnything({ header: { kid: a.publicJwk['kid'] }, payload: { iss: a.iss } }),
      'invalid-signature',
    );
  });

  it.each<[string, object]>([
    ['a URL', { kid: 'https://evil.example/key' }],
    ['a path', { kid: '../../../etc/passwd' }],
    ['SQL', { kid: "' OR 1=1; --" }],
    ['a name of every object', { kid: '__proto__' }],
    ['a null byte', { kid: 'a\u0000b' }],
    ['ten thousand characters', { kid: 'x'.repeat(10_000) }],
  ])('are not found by a kid that is %s', async (_, header) => {
    await expectRefused(ledger.cast.a.signAnything({ header }), 'unknown-key');
  });

  it('come from nowhere that a token names', async () => {
    const { a, b, stranger } = ledger.cast;
    const evil = await KeyServer.start(ofA.certificate);
    evil.serve(keysOf(stranger.publicJwk));
    const kid = a.publicJwk['kid'];
    const header = { kid, jku: evil.url, x5u: evil.url, jwk: stranger.publicJwk, x5c: ['MIIB'] };
    await expectRefused(stranger.signAnything({ header, payload: { iss: a.iss } }), 'invalid-signature');
    await expectRefused(stranger.signAnything({ header, payload: { iss: evil.url } }), 'unknown-key');
    await expectRefused(b.signAnything({ header: { ...header, kid: evil.url } }), 'unknown-key');
    expect(evil.requests).toBe(0);
    await evil.down();
  });

  it('are fetched once per cooldown, whatever kids are asked for, even by many at once', async () => {
    const { a } = ledger.cast;
    await ledger.client.recorded(await a.sign());
    ledger.clock.advance(COOLDOWN_MS);
    const random = Array.from({ length: 300 }, (_, at) =>
      a.signAnything({ header: { kid: `random-${at}` } }),
    );
    const { body } = await ledger.client.recordBatch(random);
    expect(new Set(body.results.map(({ status }) => status))).toEqual(new Set([403]));
    await Promise.all(random.slice(0, 50).map((token) => ledger.client.record(token)));
    expect(ofA.requests).toBe(2);
    expect(await ledger.client.countEntries()).toBe(1);
  });

  it('do not serve an algorithm that they are not for', async () => {
    const { a } = ledger.cast;
    ofA.serve(keysOf({ ...a.publicJwk, alg: 'ES384' }));
    await expectRefused(await a.sign(), 'unknown-key');
  });
});

describe('a jwks_uri that does not answer as it should', () => {
  const lies: readonly [string, (server: KeyServer, key: object) => void][] = [
    ['a private key', (server, key) => server.serve(keysOf({ ...key, d: 'AAAA' }))],
    ['a symmetric key beside', (server, key) => server.serve(keysOf(key, { kty: 'oct', k: 'AA', kid: 'x' }))],
    [
      'two keys of one kid',
      (server, key) => server.serve(keysOf(key, { ...ledger.cast.b.publicJwk, kid: 'a-key' })),
    ],
    ['garbage', (server) => server.serveBy((_, response) => response.end('<html>not here</html>'))],
    ['other JSON', (server) => server.serve({ issuer: 'https://issuer.example' })],
    ['404', (server) => server.serveBy((_, response) => response.writeHead(404).end('{"keys":[]}'))],
    ['too much', (server, key) => server.serve({ ...keysOf(key), padding: 'x'.repeat(600_000) })],
    [
      'a redirect to itself',
      (server) => server.serveBy((_, response) => response.writeHead(302, { location: server.url }).end()),
    ],
    [
      'a redirect elsewhere',
      (server) => server.serveBy((_, response) => response.writeHead(307, { location: ofB.url }).end()),
    ],
  ];

  it.each(lies)('(%s): 503, then the keys as soon as it does', async (_, lie) => {
    const { a } = ledger.cast;
    const liar = await KeyServer.start(ofA.certificate);
    lie(liar, a.publicJwk);
    await trust({ iss: a.iss, jwks_uri: liar.url });
    const token = await a.sign();
    await expectUnavailable(token);
    expect(ofB.requests).toBeLessThanOrEqual(1); // no redirect was followed
    liar.serve(keysOf(a.publicJwk));
    await expectUnavailable(token);
    ledger.clock.advance(COOLDOWN_MS);
    expect((await ledger.client.record(token)).status).toBe(201);
    expect(liar.requests).toBe(2);
    await liar.down();
  });

  it.each(lies)('(%s): the last good set serves for the configured time', async (_, lie) => {
    const { a } = ledger.cast;
    await ledger.client.recorded(await a.sign());
    lie(ofA, a.publicJwk);
    ledger.clock.advance(MAX_AGE_MS);
    await ledger.client.recorded(await a.sign());
    const detail = expect.stringMatching(/1 failing since 2026-/);
    expect(await readiness()).toEqual({ status: 'ok', detail });
    await expectUnavailable(a.signAnything({ header: { kid: 'new' } }));
    ledger.clock.advance(STALE_SECONDS * 1000);
    await expectUnavailable(await a.sign());
    expect(await readiness()).toMatchObject({ detail: expect.stringContaining('not usable') });
  });

  it('is one issuer’s trouble: in a batch the others are recorded', async () => {
    const { a, b } = ledger.cast;
    await ledger.client.recorded(await b.sign());
    await ofA.down();
    ledger.clock.advance(MAX_AGE_MS + STALE_SECONDS * 1000 - 1);
    await ledger.client.recorded(await b.sign());
    const { body } = await ledger.client.recordBatch([await a.sign(), await b.sign()]);
    expect(body.results.map(({ status }) => status)).toEqual([201, 201]);
    ledger.clock.advance(COOLDOWN_MS);
    const later = await ledger.client.recordBatch([await a.sign(), await b.sign()]);
    expect(later.body.results).toMatchObject([
      { status: 503, problem: { code: 'store-unavailable' } },
      { status: 201 },
    ]);
    await ofA.up();
    ledger.clock.advance(COOLDOWN_MS);
    await ledger.client.recorded(await a.sign());
  });

  it('does not keep other issuers waiting while it is slow', async () => {
    const { a, b } = ledger.cast;
    await ledger.client.recorded(await b.sign());
    const answers: (() => void)[] = [];
    ofA.serveBy((_, response) => answers.push(() => response.end(JSON.stringify(keysOf(a.publicJwk)))));
    ledger.clock.advance(MAX_AGE_MS);
    const slow = ledger.client.recordBatch(await Promise.all(Array.from({ length: 100 }, () => a.sign())));
    while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await ledger.client.recorded(await b.sign());
    expect(await readiness()).toEqual({ status: 'ok', detail: expect.not.stringContaining('failing') }); // still asking
    for (const answer of answers) answer();
    expect(new Set((await slow).body.results.map(({ status }) => status))).toEqual(new Set([201]));
    expect(answers).toHaveLength(1);
  });
});
