import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expectProblem, faultsAt } from '../support/client.js';
import { EventStream } from '../support/event-stream.js';
import { STORES, startService, type TestService } from '../support/service.js';

describe.each(STORES)('GET /events (%s)', (store) => {
  let ledger: TestService;

  beforeAll(async () => {
    ledger = await startService({ store });
    await ledger.client.recorded(await ledger.cast.a.sign());
  });

  afterAll(() => ledger.close());

  const open = (query = '', lastEventId?: string) => EventStream.open(ledger.client.url, query, lastEventId);
  const record = async (wid?: string) =>
    ledger.client.recorded(await ledger.cast.a.sign(wid === undefined ? {} : { wid }));

  test('sends what is recorded from now on, as it is read', async () => {
    const stream = await open();
    const entries = [await record(), await record()];
    expect(await stream.count(2)).toEqual(
      entries.map((entry) => ({ id: String(entry.index), type: 'entry', entry })),
    );
    await stream.cut();
  });

  test('is a stream that nobody keeps and that begins with where it stands', async () => {
    const size = (await ledger.client.countEntries()) + 1;
    const stream = await open();
    await stream.until(() => stream.retryMs !== undefined);
    expect(stream).toMatchObject({ retryMs: 2_000, lastEventId: String(size - 1), events: [] });
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    await stream.cut();
  });

  test('goes on after Last-Event-ID, or after ?after, with what came meanwhile and what comes', async () => {
    const first = await open();
    const seen = await record();
    await first.count(1);
    await first.cut();
    const missed = [await record(), await record()];
    const streams = [
      await open('', first.lastEventId),
      await open(`?after=${seen.index}`),
      await open('?after=0', first.lastEventId),
    ];
    const next = await record();
    for (const stream of streams) {
      await stream.count(3);
      expect(stream.indices).toEqual([...missed, next].map(({ index }) => index));
      await stream.cut();
    }
  });

  test('knows from the start where to go on when it is cut before the first event', async () => {
    const stream = await open('', '');
    await stream.until(() => stream.lastEventId !== '');
    await stream.cut();
    const missed = await record();
    const again = await open('', stream.lastEventId);
    await again.count(1);
    expect(again.indices).toEqual([missed.index]);
    await again.cut();
  });

  test('tells the whole log from index 0, in order, without gap or duplicate', async () => {
    const { body } = await ledger.client.recordBatch(
      await Promise.all(Array.from({ length: 250 }, () => ledger.cast.b.sign())),
    );
    expect(body.results.every(({ status }) => status === 201)).toBe(true);
    const last = await ledger.client.countEntries();
    const stream = await open('?after=0');
    await stream.count(last);
    expect(stream.indices).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    await stream.cut();
  });

  test('tells of one workflow only when asked to', async () => {
    const wid = randomUUID();
    const before = await record(wid);
    const stream = await open(`?wid=${wid.toUpperCase()}&after=0`);
    await record(randomUUID());
    const after = await record(wid);
    await stream.count(2);
    await delay(50);
    expect(stream.indices).toEqual([before.index, after.index]);
    await stream.cut();
  });

  test.each([
    ['x', undefined, '/query/after'],
    ['-1', undefined, '/query/after'],
    ['99999999999999999', undefined, '/query/after'],
    ['1e3', undefined, '/query/after'],
    ['999999', undefined, '/query/after'],
    ['0', 'x', '/header/Last-Event-ID'],
    ['0', '-1', '/header/Last-Event-ID'],
    ['0', '1, 2', '/header/Last-Event-ID'],
    ['0', '0x1', '/header/Last-Event-ID'],
    ['0', '9'.repeat(40), '/header/Last-Event-ID'],
    ['0', '9007199254740993', '/header/Last-Event-ID'],
    ['0', '999999', '/header/Last-Event-ID'],
  ])('after=%s with Last-Event-ID %s is refused', async (after, id, pointer) => {
    const answer = await ledger.client.get(
      `/events?after=${after}`,
      id === undefined ? {} : { 'Last-Event-ID': id },
    );
    expectProblem(answer, 'invalid-request', 400, faultsAt(pointer));
  });

  test('unknown parameters and workflows that are none are refused', async () => {
    for (const name of ['wid', 'from'])
      expectProblem(
        await ledger.client.get(`/events?${name}=x`),
        'invalid-request',
        400,
        faultsAt(`/query/${name}`),
      );
  });

  test('HEAD has the headers and keeps nothing open', async () => {
    const { status, headers } = await ledger.client.request('/events', { method: 'HEAD' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await clientsAre(0);
  });

  test('counts clients and events', async () => {
    const sent = await metric('ect_ledger_events_total');
    const stream = await open();
    await clientsAre(1);
    await record();
    await stream.count(1);
    expect(await metric('ect_ledger_events_total')).toBe(sent + 1);
    await stream.cut();
    await clientsAre(0);
  });

  test('takes 100 clients of one caller, gives each everything, and refuses the next until one goes', async () => {
    const streams = await Promise.all(Array.from({ length: 100 }, () => open()));
    expectProblem(await ledger.client.get('/events'), 'overloaded', 503);
    const { index } = await record();
    for (const stream of streams) {
      await stream.count(1);
      expect(stream.indices).toEqual([index]);
    }
    await streams[0]?.cut();
    await clientsAre(99);
    await (await open()).cut();
    await Promise.all(streams.map((stream) => stream.cut()));
    await clientsAre(0);
  });

  async function metric(name: string): Promise<number> {
    const { text } = await ledger.client.get('/metrics');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  async function clientsAre(count: number): Promise<void> {
    for (let i = 0; i < 400 && (await metric('ect_ledger_event_clients')) !== count; i++) await delay(10);
    expect(await metric('ect_ledger_event_clients')).toBe(count);
  }
});

describe('a client that does not read', () => {
  const TOKENS = 1_500;
  let ledger: TestService;
  let socket: Socket;

  beforeAll(async () => {
    ledger = await startService({ store: 'memory' });
    const { hostname, port } = new URL(ledger.client.url);
    socket = connect(Number(port), hostname);
    socket.write('GET /events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    const extension = { text: 'x'.repeat(4_000) };
    for (let i = 0; i < TOKENS; i += 100) {
      const tokens = Array.from({ length: 100 }, () => ledger.cast.a.sign({ extension }));
      await ledger.client.recordBatch(await Promise.all(tokens));
    }
  });

  afterAll(() => {
    socket.destroy();
  });

  test('costs no more memory than a page and what the connection holds', async () => {
    const sent = async () => {
      const { text } = await ledger.client.get('/metrics');
      return Number(/^ect_ledger_events_total (\d+)$/m.exec(text)?.[1]);
    };
    await delay(300);
    const blockedAt = await sent();
    await delay(300);
    expect(await sent()).toBe(blockedAt);
    expect(blockedAt).toBeLessThan(TOKENS);
    expect(await ledger.client.countEntries()).toBe(TOKENS);
  });

  test('does not keep the service from stopping', async () => {
    const reading = await EventStream.open(ledger.client.url);
    const { index } = await ledger.client.recorded(await ledger.cast.a.sign());
    await reading.count(1);
    const started = performance.now();
    await ledger.close();
    await reading.ended;
    expect(reading.indices).toEqual([index]);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
