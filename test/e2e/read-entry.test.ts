import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type EntryJson, expectProblem, faultsAt } from '../support/client.js';
import { exchange } from '../support/raw-http.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('GET /ledger/{jti} (%s)', (store) => {
  let ledger: TestService;
  let entry: EntryJson;
  /** One jti without a workflow and in two of them. */
  let shared: readonly [EntryJson, EntryJson, EntryJson];

  beforeAll(async () => {
    ledger = await startService({ store });
    const { client, cast } = ledger;
    entry = await client.recorded(await cast.a.sign({ wid: randomUUID() }));
    const jti = randomUUID();
    shared = [
      await client.recorded(await cast.a.sign({ jti })),
      await client.recorded(await cast.b.sign({ jti, wid: randomUUID() })),
      await client.recorded(await cast.a.sign({ jti, wid: randomUUID() })),
    ];
  });

  afterAll(() => ledger.close());

  const get = (path: string, headers?: Record<string, string>) =>
    ledger.client.get<EntryJson>(`/ledger/${path}`, headers);

  test('answers the entry as it was answered when it was recorded', async () => {
    const { jti, wid = '' } = entry;
    for (const path of [jti, jti.toUpperCase(), `${jti}?wid=${wid}`, `${jti}?wid=${wid.toUpperCase()}`]) {
      const answer = await get(path);
      expect(answer).toMatchObject({ status: 200, body: entry });
      expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
    }
  });

  test.each([
    'application/jwt',
    'APPLICATION/JWT',
    'application/json;q=0.5, application/jwt;q=0.6',
    'application/jwt, */*;q=0.1',
  ])('answers the token as it was sent for Accept: %s', async (accept) => {
    const answer = await get(entry.jti, { Accept: accept });
    expect(answer).toMatchObject({ status: 200, text: entry.ect });
    expect(answer.headers.get('content-type')).toMatch(/^application\/jwt(;|$)/);
    expect(answer.headers.get('vary')).toMatch(/Accept/);
  });

  test.each(['application/json', '*/*', 'application/*', 'text/html', 'application/jwt;q=0', 'x', ','])(
    'answers the entry for Accept: %s',
    async (accept) => {
      const answer = await get(entry.jti, { Accept: accept });
      expect(answer).toMatchObject({ status: 200, body: entry });
      expect(answer.headers.get('vary')).toMatch(/Accept/);
    },
  );

  test('answers HEAD without a body', async () => {
    const answer = await ledger.client.request(`/ledger/${entry.jti}`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  test('says ambiguous-jti where several workflows use the jti, the one without a workflow as null', async () => {
    const [{ jti }] = shared;
    const { wids = [] } = expectProblem(await get(jti), 'ambiguous-jti', 409, { wids: expect.any(Array) });
    expect([...wids].sort()).toEqual(shared.map(({ wid }) => wid ?? null).sort());
    for (const path of ['ancestry', 'descendants'])
      expectProblem(await get(`${jti}/${path}`), 'ambiguous-jti', 409, { wids });
  });

  test('finds each of them by its wid, the one without a workflow as none', async () => {
    for (const one of shared)
      expect(await get(`${one.jti}?wid=${one.wid ?? 'none'}`)).toMatchObject({ status: 200, body: one });
  });

  test('does not let a task without workflow take a jti that is in use', async () => {
    const { client, cast } = ledger;
    expectProblem(await client.record(await cast.a.sign({ jti: entry.jti })), 'duplicate-jti', 409);
  });

  test('says not-found for what is not recorded', async () => {
    const other = randomUUID();
    for (const path of [other, `${other}?wid=none`, `${entry.jti}?wid=${other}`, `${entry.jti}?wid=none`])
      expectProblem(await get(path), 'not-found', 404);
  });

  test.each([
    ['x', ['/path/jti']],
    ['{jti}'.replace('{jti}', 'g'.repeat(36)), ['/path/jti']],
    [`${randomUUID()}%00`, ['/path/jti']],
    [`%20${randomUUID()}`, ['/path/jti']],
    ['urn:uuid:12345678-1234-4234-8234-123456789abc', ['/path/jti']],
    ['12345678123442348234123456789abc', ['/path/jti']],
    ['%F0%9F%92%A5', ['/path/jti']],
    [`${randomUUID()}?wid=x`, ['/query/wid']],
    [`${randomUUID()}?wid=`, ['/query/wid']],
    [`${randomUUID()}?wid=None`, ['/query/wid']],
    [`${randomUUID()}?wid=none&wid=none`, ['/query/wid']],
    [`${randomUUID()}?wid=${randomUUID()}&with=receipt&a/b`, ['/query/with', '/query/a~1b']],
    [`${randomUUID()}?__proto__=1`, ['/query/__proto__']],
    ['x/ancestry', ['/path/jti']],
    ['x/descendants', ['/path/jti']],
  ])('says invalid-request with pointers for %s', async (path, pointers) => {
    expectProblem(await get(path), 'invalid-request', 400, faultsAt(...pointers));
  });

  test('takes the request as malformed when its path is no percent-encoding', async () => {
    const { status, body } = await exchange(
      ledger.client.url,
      'GET /ledger/%zz HTTP/1.1\r\nHost: ledger\r\n\r\n',
    );
    expect({ status, ...(JSON.parse(body) as object) }).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });
});
