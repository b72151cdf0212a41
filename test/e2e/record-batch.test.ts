import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ProblemCode } from '../../src/domain/errors.js';
import { type Answer, type BatchJson, expectProblem, faultsAt, problemShape } from '../support/client.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('POST /ledger/batch (%s)', (store) => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store });
  });

  afterAll(() => ledger.close());

  const ids = (count: number) => Array.from({ length: count }, () => randomUUID());

  test.each([
    ['application/x-ndjson', (compacts: readonly string[]) => compacts.join('\n')],
    ['application/x-ndjson', (compacts: readonly string[]) => `\n${compacts.join('\r\n\r\n')}\r\n \n`],
    [
      'text/plain; charset=utf-8',
      (compacts: readonly string[]) => compacts.map((one) => ` ${one}\n`).join(''),
    ],
    ['application/json', (compacts: readonly string[]) => JSON.stringify({ ects: compacts })],
  ])('answers in the order sent: %s', async (type, write) => {
    const compacts = await Promise.all([1, 2, 3, 4].map(() => ledger.cast.a.sign()));
    const answer = await ledger.client.post<BatchJson>('/ledger/batch', write(compacts), {
      'Content-Type': type,
    });
    expect(answer.status).toBe(200);
    expect(answer.body.results).toMatchObject(compacts.map((ect) => ({ status: 201, entry: { ect } })));
    expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  });

  test('takes parents in any order, and gives them the lower index', async () => {
    const [top = '', left = '', right = '', bottom = ''] = ids(4);
    const { a, b } = ledger.cast;
    const answer = await ledger.client.recordBatch([
      await a.sign({ jti: bottom, parents: [right, left] }),
      await b.sign({ jti: right, parents: [top] }),
      await a.sign({ jti: left, parents: [top] }),
      await b.sign({ jti: top }),
    ]);
    expect(statuses(answer)).toEqual([201, 201, 201, 201]);
    const [bottomIndex = 0, rightIndex = 0, leftIndex = 0, topIndex = 0] = indices(answer);
    expect(topIndex).toBeLessThan(Math.min(leftIndex, rightIndex));
    expect(bottomIndex).toBeGreaterThan(Math.max(leftIndex, rightIndex));
    expect(answer.body.results[0]).toMatchObject({ entry: { parents: [right, left] } });
    expect(await ledger.client.countEntries()).toBe(bottomIndex);
  });

  test('rejects what rests on a rejected token, and nothing else', async () => {
    const [bad = '', child = '', grandchild = '', good = '', unknown = ''] = ids(5);
    const { a } = ledger.cast;
    const answer = await ledger.client.recordBatch([
      await a.sign({ jti: grandchild, parents: [good, child] }),
      await a.sign({ jti: child, parents: [bad] }),
      await a.sign({ jti: bad, parents: [unknown] }),
      await a.sign({ jti: good }),
      'no token',
    ]);
    expect(answer.body.results).toEqual([
      { status: 422, problem: { ...problemShape('missing-parent', 422), parents: [child] } },
      { status: 422, problem: { ...problemShape('missing-parent', 422), parents: [bad] } },
      { status: 422, problem: { ...problemShape('missing-parent', 422), parents: [unknown] } },
      { status: 201, entry: expect.objectContaining({ jti: good }) },
      { status: 400, problem: problemShape('malformed-token', 400) },
    ]);
    for (const jti of [bad, child, grandchild])
      expectProblem(await ledger.client.get(`/ledger/${jti}`), 'not-found', 404);
  });

  test('calls a circle a cycle, and its descendants orphans', async () => {
    const [first = '', second = '', third = '', beyond = '', self = ''] = ids(5);
    const { a } = ledger.cast;
    const answer = await ledger.client.recordBatch([
      await a.sign({ jti: beyond, parents: [third] }),
      await a.sign({ jti: first, parents: [third] }),
      await a.sign({ jti: second, parents: [first] }),
      await a.sign({ jti: third, parents: [second] }),
      await a.sign({ jti: self, parents: [self] }),
      await a.sign(),
    ]);
    expect(codes(answer)).toEqual(['missing-parent', 'cycle', 'cycle', 'cycle', 'cycle', undefined]);
  });

  test('records the same token twice as 201, then 200', async () => {
    const compact = await ledger.cast.a.sign();
    const answer = await ledger.client.recordBatch([compact, compact, compact]);
    expect(statuses(answer)).toEqual([201, 200, 200]);
    expect(new Set(indices(answer)).size).toBe(1);
    expect(statuses(await ledger.client.recordBatch([compact]))).toEqual([200]);
  });

  test('records the first of two tokens with one identity', async () => {
    const [jti = '', wid = ''] = ids(2);
    const { a, b } = ledger.cast;
    const answer = await ledger.client.recordBatch([
      await a.sign({ jti, wid }),
      await b.sign({ jti, wid }),
      await a.sign({ jti, wid: randomUUID() }),
    ]);
    expect(codes(answer)).toEqual([undefined, 'duplicate-jti', undefined]);
    expect(answer.body.results[0]).toMatchObject({ entry: { iss: a.iss } });
  });

  test('records the second of two tokens with one identity when the first is rejected', async () => {
    const [jti = '', unknown = ''] = ids(2);
    const { a, b } = ledger.cast;
    const answer = await ledger.client.recordBatch([
      await a.sign({ jti, parents: [unknown] }),
      await b.sign({ jti }),
    ]);
    expect(codes(answer)).toEqual(['missing-parent', undefined]);
  });

  test('answers status, index, jti and receipt only where entries=false', async () => {
    const [known, fresh] = [await ledger.cast.a.sign(), await ledger.cast.a.sign()];
    const first = await ledger.client.recorded(known);
    const answer = await ledger.client.recordBatch([known, fresh, 'x'], '?entries=false');
    expect(answer.body.results).toEqual([
      { status: 200, index: first.index, jti: first.jti, receipt: expect.any(Object) },
      { status: 201, index: first.index + 1, jti: expect.any(String), receipt: expect.any(Object) },
      { status: 400, problem: problemShape('malformed-token', 400) },
    ]);
    const { body } = await ledger.client.recordBatch([known], '?entries=true');
    expect(body.results).toEqual([{ status: 200, entry: { ...first, receipt: expect.any(Object) } }]);
  });

  test('takes 1000 tokens and not one more', async () => {
    const before = await ledger.client.countEntries();
    const compacts = await Promise.all(Array.from({ length: 1_000 }, () => ledger.cast.a.sign()));
    const tooMany = await ledger.client.recordBatch(
      [...compacts, await ledger.cast.a.sign()],
      '?entries=false',
    );
    expectProblem(tooMany, 'request-too-large', 413);
    expect(await ledger.client.countEntries()).toBe(before);
    const { body } = await ledger.client.recordBatch(compacts, '?entries=false');
    expect(body.results.map((result) => 'index' in result && result.index)).toEqual(
      compacts.map((_, i) => before + 1 + i),
    );
  });

  test.each([
    ['text/plain', ''],
    ['text/plain', ' \r\n\n'],
    ['application/x-ndjson', '\n'],
    ['application/json', '{"ects": []}'],
    ['application/json', ''],
  ])('refuses a batch of nothing: %s %j', async (type, body) => {
    const answer = await ledger.client.post('/ledger/batch', body, { 'Content-Type': type });
    expectProblem(answer, 'invalid-request', 400, faultsAt(''));
  });
});

function statuses({ body }: Answer<BatchJson>): readonly number[] {
  return body.results.map(({ status }) => status);
}

function codes({ body }: Answer<BatchJson>): readonly (ProblemCode | undefined)[] {
  return body.results.map((result) => ('problem' in result ? result.problem.code : undefined));
}

function indices({ body }: Answer<BatchJson>): readonly number[] {
  return body.results.map((result) => ('entry' in result ? result.entry.index : -1));
}
