import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type BatchJson, type EntryJson, expectProblem, TOKEN_TYPE } from '../support/client.js';
import { jwkThumbprint } from '../support/jwk-thumbprint.js';
import { exchange } from '../support/raw-http.js';
import { LEDGER_ID } from '../support/cast.js';
import { NOW_SECONDS } from '../support/raw-token.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('POST /ledger (%s)', (store) => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store });
  });

  afterAll(() => ledger.close());

  test.each([
    'application/wimse-exec+jwt',
    'application/exec+jwt',
    'application/jwt',
    'text/plain',
    'text/plain; charset=UTF-8',
    'Application/JWT;charset="utf-8"',
  ])('records the body of type %s', async (type) => {
    const compact = await ledger.cast.a.sign();
    const answer = await ledger.client.record(compact, { 'Content-Type': type });
    expect(answer).toMatchObject({ status: 201, body: { ect: compact } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  });

  test.each(['application/json', 'application/json; charset=utf-8'])(
    'records {"ect"} of type %s',
    async (type) => {
      const compact = await ledger.cast.a.sign();
      const body = JSON.stringify({ ect: compact });
      const answer = await ledger.client.post('/ledger', body, { 'Content-Type': type });
      expect(answer).toMatchObject({ status: 201, body: { ect: compact } });
    },
  );

  test('records the token of an Execution-Context header', async () => {
    const compact = await ledger.cast.a.sign();
    const headers = { 'Execution-Context': ` ${compact} ,` };
    const answer = await ledger.client.post<EntryJson>('/ledger', '', headers);
    expect(answer).toMatchObject({ status: 201, body: { ect: compact } });
    expect(answer.headers.get('location')).toBe(`/ledger/${answer.body.jti}`);
  });

  test('records the tokens of one Execution-Context header as a batch', async () => {
    const parent = randomUUID();
    const child = await ledger.cast.b.sign({ parents: [parent] });
    const compacts = [child, 'nonsense', await ledger.cast.a.sign({ jti: parent })];
    const headers = { 'Execution-Context': compacts.join(', ') };
    const answer = await ledger.client.post<BatchJson>('/ledger', '', headers);
    expect(answer.status).toBe(200);
    expect(answer.body.results).toMatchObject([
      { status: 201, entry: { ect: child, parents: [parent] } },
      { status: 400, problem: { code: 'malformed-token' } },
      { status: 201, entry: { jti: parent } },
    ]);
    expect(answer.headers.get('location')).toBeNull();
  });

  test('records the tokens of several Execution-Context headers as a batch', async () => {
    const [first, second] = [await ledger.cast.a.sign(), await ledger.cast.a.sign()];
    const { status, body } = await exchange(
      ledger.client.url,
      `POST /ledger HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0\r\nExecution-Context: ${first}\r\nExecution-Context: ${second}\r\n\r\n`,
    );
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      results: [
        { status: 201, entry: { ect: first } },
        { status: 201, entry: { ect: second } },
      ],
    });
  });

  test('trims white space around the token of a text body', async () => {
    const compact = await ledger.cast.a.sign();
    expect(await ledger.client.record(`\r\n\t ${compact} \n`)).toMatchObject({
      status: 201,
      body: { ect: compact },
    });
  });

  test('does not trim what is no white space', async () => {
    const compact = await ledger.cast.a.sign();
    for (const stain of ['\uFEFF', '\u00A0', '\0', '\v'])
      expectProblem(await ledger.client.record(`${stain}${compact}`), 'malformed-token', 400);
  });

  test('answers the entry with every claim of profile wimse-exec', async () => {
    const { a } = ledger.cast;
    const parent = await ledger.client.recorded(
      await a.sign({ wid: WID, polDecision: 'approved', pol: 'p1' }),
    );
    const payload = {
      aud: [LEDGER_ID, 'urn:other'],
      jti: 'ABCDEF01-2345-4789-8ABC-DEF012345678',
      wid: WID.toUpperCase(),
      par: [parent.jti.toUpperCase()],
      pol: 'policy-1',
      pol_decision: 'pending_human_review',
      ext: { 'note/ü': ['\u0000', 1.5] },
      unknown: { kept: true },
    };
    const compact = a.signAnything({ payload });
    const answer = await ledger.client.record(compact);
    expect(answer.status).toBe(201);
    const { receipt, ...entry } = answer.body;
    expect(receipt).toMatchObject({ index: entry.index, tree_size: entry.index + 1 });
    expect(entry).toEqual({
      index: parent.index + 1,
      jti: payload.jti.toLowerCase(),
      wid: WID,
      iss: a.iss,
      aud: payload.aud,
      exec_act: 'review_spec',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 600,
      parents: [parent.jti],
      pol: 'policy-1',
      pol_decision: 'pending_human_review',
      profile: 'wimse-exec',
      alg: 'ES256',
      kid: 'a-key',
      jkt: jwkThumbprint(a.publicJwk),
      recorded_at: new Date(NOW_SECONDS * 1000).toISOString(),
      claims: { iss: a.iss, iat: NOW_SECONDS, exp: NOW_SECONDS + 600, exec_act: 'review_spec', ...payload },
      ect: compact,
    });
    expect(answer.headers.get('location')).toBe(`/ledger/${answer.body.jti}?wid=${WID}`);
    expect((await ledger.client.get(answer.headers.get('location') ?? '')).body).toEqual(entry);
  });

  test('answers the entry of profile exec under the same names, absent claims absent', async () => {
    const { b } = ledger.cast;
    const compact = await b.sign({ pol: 'policy-1', polDecision: 'approved' }, { profile: 'exec' });
    const { body } = await ledger.client.record(compact, { 'Content-Type': 'application/exec+jwt' });
    expect(body).toMatchObject({
      profile: 'exec',
      parents: [],
      pol: 'policy-1',
      pol_decision: 'approved',
      aud: [LEDGER_ID],
      claims: { pred: [], ect_ext: { pol: 'policy-1', pol_decision: 'approved' } },
    });
    expect(body).not.toHaveProperty('wid');
    const { body: bare } = await ledger.client.record(await b.sign());
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['pol']));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['pol_decision']));
  });

  test('answers 200 with the first entry for the byte-identical token, also when it has expired', async () => {
    const compact = await ledger.cast.a.sign({ wid: randomUUID() }, { lifetimeSeconds: 60 });
    const first = await ledger.client.record(compact);
    for (const later of [0, 59_000, 1_000, 10_000_000]) {
      ledger.clock.advance(later);
      const again = await ledger.client.record(compact);
      expect(again).toMatchObject({ status: 200, body: first.body });
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
    }
    expect(first.status).toBe(201);
    expect(await ledger.client.countEntries()).toBe(first.body.index);
  });

  test('answers the minimum where that is preferred', async () => {
    const compact = await ledger.cast.a.sign({ wid: randomUUID() });
    for (const [status, prefer] of [
      [201, 'return=minimal'],
      [200, 'respond-async, Return="minimal"; foo=bar'],
    ] as const) {
      const answer = await ledger.client.record(compact, { Prefer: prefer });
      const { index, jti, wid, recorded_at } = (await ledger.client.record(compact)).body;
      expect(answer).toMatchObject({ status, body: { index, jti, wid, recorded_at } });
      expect(Object.keys(answer.body).sort()).toEqual(['index', 'jti', 'receipt', 'recorded_at', 'wid']);
      expect(answer.headers.get('preference-applied')).toBe('return=minimal');
      expect(answer.headers.get('location')).toBe(`/ledger/${jti}?wid=${String(wid)}`);
    }
  });

  test.each(['return=representation', 'wait=10', 'return=minimally'])(
    'answers it all for Prefer: %s',
    async (prefer) => {
      const compact = await ledger.cast.a.sign();
      const answer = await ledger.client.record(compact, { Prefer: prefer });
      expect(answer.body.ect).toBe(compact);
      expect(answer.headers.get('preference-applied')).toBeNull();
    },
  );

  test('records what comes without a Content-Length', async () => {
    const compact = await ledger.cast.a.sign();
    const { status } = await exchange(
      ledger.client.url,
      `POST /ledger HTTP/1.1\r\nHost: ledger\r\nContent-Type: ${TOKEN_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `5\r\n${compact.slice(0, 5)}\r\n${(compact.length - 5).toString(16)}\r\n${compact.slice(5)}\r\n0\r\n\r\n`,
    );
    expect(status).toBe(201);
  });
});

const WID = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
