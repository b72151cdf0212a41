import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGuarded, TokenClient, Tokens, traitsOf } from '../support/access.js';
import {
  expectProblem,
  type EntriesJson,
  type EntryJson,
  type ImpactJson,
  type KeyJson,
  type KeysJson,
  type TraceJson,
  type WorkflowJson,
} from '../support/client.js';
import { createCast } from '../support/cast.js';
import { runCommand } from '../support/command.js';
import { STORES, TestClock, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';

describe.each(STORES)('a caller limited to one workflow, with the store %s', (store) => {
  const clock = new TestClock();
  const [wid, otherWid] = [randomUUID(), randomUUID()];
  let ledger: TestService;
  let limited: TokenClient;
  let elsewhere: TokenClient;
  let all: TokenClient;
  let seen: EntryJson;
  let hidden: EntryJson;
  let hiddenOfB: EntryJson;
  let shared: EntryJson;
  let tokens: Tokens;

  beforeAll(async () => {
    tokens = await Tokens.create();
    const scopes = ['ledger:read', 'ledger:record', 'ledger:admin'] as const;
    const one = await tokens.add('limited', scopes, { limits: { workflows: [wid] } });
    const other = await tokens.add('elsewhere', scopes, { limits: { trust_domains: ['elsewhere.example'] } });
    const everything = await tokens.add('all', scopes);
    const cast = await createCast(() => clock.seconds);
    ledger = await startGuarded(tokens, { store, clock, cast });
    [limited, elsewhere, all] = [one, other, everything].map(
      (text) => new TokenClient(ledger.client.url, text),
    ) as [TokenClient, TokenClient, TokenClient];
    const jti = randomUUID();
    seen = await all.recorded(await cast.a.sign({ wid }));
    hidden = await all.recorded(await cast.a.sign({ wid: otherWid }));
    shared = await all.recorded(await cast.a.sign({ wid, jti }));
    hiddenOfB = await all.recorded(await cast.b.sign({ wid: otherWid, jti }));
    await all.recorded(await cast.b.sign({ parents: [seen.jti] }));
  });

  afterAll(() => ledger.close());

  test('sees its own tasks and nothing else', async () => {
    const { body } = await limited.get<EntriesJson>('/ledger');
    expect(body.entries.map(({ jti }) => jti)).toEqual([seen.jti, shared.jti]);
    expect(await elsewhere.get('/ledger')).toMatchObject({ body: { entries: [], next: null } });
    expect((await limited.get<{ workflows: unknown[] }>('/workflows')).body.workflows).toEqual([
      expect.objectContaining({ wid, entries: 2 }),
    ]);
    expect((await limited.get<TraceJson>(`/ledger/${seen.jti}/descendants`)).body.nodes).toHaveLength(1);
    expect((await all.get<TraceJson>(`/ledger/${seen.jti}/descendants`)).body.nodes).toHaveLength(2);
    const graph = await limited.get<WorkflowJson>(`/workflows/${wid}`);
    expect(graph.body.leaves).toEqual([seen.jti, shared.jti]);
    expect((await limited.get(`/ledger/${seen.jti}/receipt`)).status).toBe(200);
  });

  test('finds a jti unambiguous that others use out of sight', async () => {
    expectProblem(await all.get(`/ledger/${shared.jti}`), 'ambiguous-jti', 409, { wids: [wid, otherWid] });
    expect((await limited.get<EntryJson>(`/ledger/${shared.jti}`)).body.wid).toBe(wid);
  });

  test.each(['', '/ancestry', '/descendants', '/receipt', '?wid=none', '/receipt?size=1'])(
    'can tell a hidden task in no way from an absent one: /ledger/{jti}%s',
    async (rest) => {
      const absent = randomUUID();
      const [a, b] = [
        await limited.get(`/ledger/${hidden.jti}${rest}`),
        await limited.get(`/ledger/${absent}${rest}`),
      ];
      expectProblem(a, 'not-found', 404);
      expect(JSON.stringify(traitsOf(a)).replaceAll(hidden.jti, absent)).toBe(JSON.stringify(traitsOf(b)));
      expect((await all.get(`/ledger/${hidden.jti}`)).status).toBe(200);
    },
  );

  test('can tell a hidden workflow in no way from an absent one', async () => {
    const absent = randomUUID();
    const [a, b] = [await limited.get(`/workflows/${otherWid}`), await limited.get(`/workflows/${absent}`)];
    expectProblem(a, 'not-found', 404);
    expect(JSON.stringify(traitsOf(a)).replaceAll(otherWid, absent)).toBe(JSON.stringify(traitsOf(b)));
    expect(await limited.get(`/ledger?wid=${otherWid}`)).toMatchObject({ body: { entries: [], next: null } });
  });

  test('can tell a hidden leaf in no way from an absent one, and reads no bundle', async () => {
    const [a, b] = [await limited.get(`/log/entries/${hidden.index}`), await limited.get('/log/entries/9')];
    expectProblem(a, 'not-found', 404);
    expect(JSON.stringify(traitsOf(a)).replace(/leaf \d/, 'leaf 9')).toBe(JSON.stringify(traitsOf(b)));
    for (const index of [0, seen.index])
      expect((await limited.get(`/log/entries/${index}`)).status).toBe(200);
    const [there, beyond] = [
      await limited.get('/log/tile/entries/000.p/3'),
      await limited.get('/log/tile/entries/x999/000'),
    ];
    expectProblem(there, 'not-found', 404);
    expect(traitsOf(there)).toEqual(traitsOf(beyond));
    expect(there.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    const hashes = await limited.get('/log/tile/0/000.p/3');
    expect(hashes.status).toBe(200);
    // No cache between may hand it to somebody without a token.
    expect(hashes.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  });

  test('does not take what it may not see for withheld when it watches the log', async () => {
    const folder = await makeTempDir();
    const file = join(folder, 'limited.token');
    await writeFile(file, limited.token);
    const [vkey = ''] = ledger.service.vkeys;
    const { url } = ledger.client;
    const since = join(folder, 'seen');
    const ended = await runCommand([
      'verify',
      'log',
      `${url}/log`,
      '--since',
      since,
      '--vkey',
      vkey,
      '--token-file',
      file,
    ]);
    expect(ended).toMatchObject({
      code: 2,
      err: expect.stringContaining('a token that may read every entry'),
    });
  });

  test('can tell a key that signed out of sight in no way from an unused one', async () => {
    const [used, unused] = [hiddenOfB.jkt, 'A'.repeat(43)];
    for (const rest of ['', '/impact']) {
      const [a, b] = [await limited.get(`/keys/${used}${rest}`), await limited.get(`/keys/${unused}${rest}`)];
      expectProblem(a, 'not-found', 404);
      expect(JSON.stringify(traitsOf(a)).replaceAll(used, unused)).toBe(JSON.stringify(traitsOf(b)));
      expect((await all.get(`/keys/${used}${rest}`)).status).toBe(200);
    }
    const { body } = await limited.get<KeysJson>('/keys');
    expect(body.keys).toMatchObject([{ jkt: seen.jkt, first_index: seen.index, last_index: shared.index }]);
    const impact = await limited.get<ImpactJson>(`/keys/${seen.jkt}/impact`);
    expect(impact.body.nodes.map(({ jti }) => jti)).toEqual([seen.jti, shared.jti]);
  });

  test('is told no numbers about everybody, and withdraws no key', async () => {
    expectProblem(await limited.get('/metrics'), 'not-found', 404);
    const revocation = (client: TokenClient, jkt: string) =>
      client.post(`/keys/${jkt}/revocation`, '{"reason":"mine"}', { 'Content-Type': 'application/json' });
    for (const jkt of [seen.jkt, 'A'.repeat(43)])
      expectProblem(await revocation(limited, jkt), 'forbidden', 403);
    expect((await all.get<KeyJson>(`/keys/${seen.jkt}`)).body.key_status).toBe('active');
  });

  test('records nothing elsewhere, whatever is recorded there', async () => {
    const { a } = ledger.cast;
    const before = await all.countEntries();
    const answers = [];
    for (const draft of [
      { wid: otherWid },
      {},
      { wid: otherWid, jti: hidden.jti },
      { wid: otherWid, parents: [hidden.jti] },
    ])
      answers.push(await limited.record(await a.sign(draft)));
    for (const answer of answers) {
      expectProblem(answer, 'forbidden', 403);
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="ect-ledger", error="insufficient_scope"',
      );
    }
    expectProblem(await limited.record(hidden.ect), 'forbidden', 403);
    expectProblem(await elsewhere.record(await a.sign({ wid })), 'forbidden', 403);
    const batch = await limited.recordBatch([await a.sign({ wid: otherWid }), await a.sign({ wid })]);
    expect(batch.body.results).toMatchObject([
      { status: 403, problem: { code: 'forbidden' } },
      { status: 201 },
    ]);
    expect(await all.countEntries()).toBe(before + 1);
  });

  test('learns of a forged token only that it is forged', async () => {
    const forged = await ledger.cast.stranger.sign({ wid: otherWid });
    expectProblem(await limited.record(forged), 'unknown-key', 403);
  });

  test('is not told what a parent says that it may not see', async () => {
    const { a, b } = ledger.cast;
    const parent = await all.recorded(await b.sign({ wid, pol: 'p', polDecision: 'rejected' }));
    const child = await a.sign({ wid, parents: [parent.jti] });
    const answer = await limited.record(child);
    const { detail } = expectProblem(answer, 'parent-policy', 422, { parent: parent.jti });
    expect(detail).not.toContain('rejected');
    expect(
      expectProblem(await all.record(child), 'parent-policy', 422, { parent: parent.jti }).detail,
    ).toContain('rejected');
  });
});
