import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startService, type TestService } from '../support/service.js';

/** The service's limit for headers, the second between two looks, and what a busy machine needs. */
const CUT_OFF_MS = 10_000 + 1_000 + 4_000;

let ledger: TestService;

beforeAll(async () => {
  ledger = await startService({ store: 'memory' });
});

afterAll(() => ledger.close());

interface SlowClient {
  /** Milliseconds until the service hung up. */
  readonly cutOff: Promise<number>;
  readonly received: () => string;
}

/** Opens a connection, sends what is said first, and then `drip` again and again. */
async function slowClient(first: string, drip: string): Promise<SlowClient> {
  const socket: Socket = connect(Number(new URL(ledger.client.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const started = performance.now();
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  if (first !== '') socket.write(first);
  const timer = setInterval(() => drip !== '' && socket.writable && socket.write(drip), 200);
  const cutOff = once(socket, 'close').then(() => {
    clearInterval(timer);
    return performance.now() - started;
  });
  return { cutOff, received: () => received };
}

const HEAD = 'POST /ledger HTTP/1.1\r\nHost: ledger\r\n';

describe('clients that take their time', () => {
  test('with their headers are cut off, all of them, and others are served meanwhile', async () => {
    const slow = await Promise.all([
      ...Array.from({ length: 60 }, (_, i) => slowClient(HEAD, `X-${i}: y\r\n`)),
      ...Array.from({ length: 60 }, () => slowClient('', 'G')),
      ...Array.from({ length: 60 }, () => slowClient('', '')),
    ]);
    let slowestMs = 0;
    for (let i = 0; i < 40; i++) {
      const started = performance.now();
      expect(await ledger.client.record(await ledger.cast.a.sign())).toMatchObject({ status: 201 });
      slowestMs = Math.max(slowestMs, performance.now() - started);
      await delay(50);
    }
    expect(slowestMs).toBeLessThan(2_000);
    const cutOffs = await Promise.all(slow.map(({ cutOff }) => cutOff));
    expect(Math.max(...cutOffs)).toBeLessThan(CUT_OFF_MS);
    // Who sent something that could be headers is told; nobody gets a page.
    expect(slow.some(({ received }) => received().startsWith('HTTP/1.1 408'))).toBe(true);
    expect(slow.some(({ received }) => received().includes('HTTP/1.1 200'))).toBe(false);
  }, 60_000);

  test('with the next request on a connection that is kept alive are cut off too', async () => {
    const request = 'GET /health/live HTTP/1.1\r\nHost: ledger\r\n\r\n';
    const { cutOff, received } = await slowClient(`${request}GET /ledger HTTP/1.1\r\n`, 'X: y\r\n');
    expect(await cutOff).toBeLessThan(CUT_OFF_MS);
    expect(received()).toMatch(/^HTTP\/1\.1 200/);
  }, 60_000);
});
