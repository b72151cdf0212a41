import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EntryJson, expectProblem, faultsAt, type KeyJson, type KeysJson } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';

const UNUSED = 'A'.repeat(43);

describe.each(STORES)('the history of keys (%s)', (store) => {
  let ledger: TestService;
  let first: EntryJson;
  let last: EntryJson;
  let other: EntryJson;

  beforeAll(async () => {
    ledger = await startService({ store });
    const { a, b } = ledger.cast;
    first = await ledger.client.recorded(await a.sign());
    ledger.clock.advance(1_000);
    other = await ledger.client.recorded(await b.sign());
    ledger.clock.advance(1_000);
    last = await ledger.client.recorded(await a.sign());
  });

  afterAll(() => ledger.close());

  const keyOfA = (): KeyJson => ({
    jkt: first.jkt,
    iss: ledger.cast.a.iss,
    kid: 'a-key',
    alg: 'ES256',
    source: 'trust-file',
    names: [{ iss: ledger.cast.a.iss, kid: 'a-key', source: 'trust-file' }],
    jwk: { ...ledger.cast.a.publicJwk },
    first_used_at: first.recorded_at,
    last_used_at: last.recorded_at,
    first_index: first.index,
    last_index: last.index,
    key_status: 'active',
  });

  test('GET /keys/{jkt} answers the key, its names, its first and last use', async () => {
    const { status, body } = await ledger.client.get<KeyJson>(`/keys/${first.jkt}`);
    expect({ status, body }).toEqual({ status: 200, body: keyOfA() });
  });

  test('GET /keys answers the newest first use first, page by page', async () => {
    const { body } = await ledger.client.get<KeysJson>('/keys');
    expect(body.keys.map(({ jkt }) => jkt)).toEqual([other.jkt, first.jkt]);
    expect(body.next).toBeNull();
    const page = (await ledger.client.get<KeysJson>('/keys?limit=1')).body;
    expect(page.keys.map(({ jkt }) => jkt)).toEqual([other.jkt]);
    const rest = (await ledger.client.get<KeysJson>(`/keys?limit=1&cursor=${page.next}`)).body;
    expect(rest).toEqual({ keys: [keyOfA()], next: null });
  });

  test('GET /keys?iss= answers the keys of one issuer', async () => {
    const query = new URLSearchParams({ iss: ledger.cast.b.iss }).toString();
    const { body } = await ledger.client.get<KeysJson>(`/keys?${query}`);
    expect(body.keys.map(({ jkt }) => jkt)).toEqual([other.jkt]);
    expect((await ledger.client.get<KeysJson>('/keys?iss=urn:nobody')).body).toEqual({
      keys: [],
      next: null,
    });
  });

  test('a key that verified nothing is not found', async () => {
    expectProblem(await ledger.client.get(`/keys/${UNUSED}`), 'not-found', 404);
  });

  test.each([
    ['/keys/x', '/path/jkt'],
    [`/keys/${'A'.repeat(42)}B`, '/path/jkt'],
    [`/keys/${UNUSED}?x=1`, '/query/x'],
    ['/keys?kid=x', '/query/kid'],
    ['/keys?iss=', '/query/iss'],
    ['/keys?limit=0', '/query/limit'],
    ['/keys?cursor=x', '/query/cursor'],
    [`/keys?cursor=${Buffer.from('asc.1').toString('base64url')}`, '/query/cursor'],
    ['/ledger?jkt=x', '/query/jkt'],
  ])('%s is an invalid request at %s', async (path, pointer) => {
    expectProblem(await ledger.client.get(path), 'invalid-request', 400, faultsAt(pointer));
  });
});
