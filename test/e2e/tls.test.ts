import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { runService } from '../support/spawned-service.js';
import { startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestCertificate, type TestCertificate } from '../support/test-certificate.js';

let folder: string;
let ledger: TestService;
let port: number;
let current: TestCertificate;

const certFile = () => join(folder, 'cert.pem');
const keyFile = () => join(folder, 'key.pem');

async function put({ cert, key }: TestCertificate): Promise<void> {
  // Beside it, then renamed, as renewal programs do.
  await writeFile(`${keyFile()}.new`, key, { mode: 0o600 });
  await rename(`${keyFile()}.new`, keyFile());
  await writeFile(certFile(), cert);
}

beforeAll(async () => {
  folder = await makeTempDir();
  current = createTestCertificate();
  await put(current);
  const environment = { TLS_CERT_FILE: certFile(), TLS_KEY_FILE: keyFile() };
  ledger = await startService({ store: 'memory', environment });
  port = Number(new URL(ledger.client.url).port);
});

afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

async function open(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: current.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(
  agent: Agent,
): Promise<{ readonly status: number | undefined; readonly hsts: string | undefined }> {
  const request = get({ host: '127.0.0.1', port, path: '/health/live', agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, hsts: response.headers['strict-transport-security'] };
}

/** Waits until the log says so once more. */
async function logs(text: string, act: () => Promise<void>): Promise<void> {
  const count = () => ledger.logged.filter((line) => line.includes(text)).length;
  const before = count();
  await act();
  for (let waitedMs = 0; count() === before; waitedMs += 50) {
    expect(waitedMs).toBeLessThan(20_000);
    await delay(50);
  }
}

describe('with a certificate the service', () => {
  test('speaks TLS 1.2 and newer, verified, and tells browsers to stay with it', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const agent = new Agent({ ca: current.cert, minVersion: version, maxVersion: version });
      expect(await ask(agent)).toEqual({ status: 200, hsts: 'max-age=31536000' });
      agent.destroy();
    }
    for (const version of ['TLSv1', 'TLSv1.1'] as const)
      await expect(
        open({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' }),
      ).rejects.toBeDefined();
    await expect(open({ ca: createTestCertificate().cert })).rejects.toBeDefined();
  });

  test('answers nothing to plain HTTP and goes on', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.write('GET /health/live HTTP/1.1\r\nHost: ledger\r\n\r\n');
    await once(socket, 'close');
    expect(received).not.toContain('HTTP/1.1 200');
    const agent = new Agent({ ca: current.cert });
    expect(await ask(agent)).toMatchObject({ status: 200 });
    agent.destroy();
  });

  test('serves a new certificate without dropping connections; a broken one changes nothing', async () => {
    const agent = new Agent({ ca: current.cert, keepAlive: true, maxSockets: 1 });
    let sockets = 0;
    agent.on('free', () => sockets++);
    expect(await ask(agent)).toMatchObject({ status: 200 });
    const [before] = Object.values(agent.freeSockets).flatMap((list) => list ?? []);

    const next = createTestCertificate();
    await logs('is broken: the one before stays in force', () => writeFile(certFile(), next.cert));
    (await open()).destroy();

    await logs('a new TLS certificate is served', () => put(next));
    current = next;
    (await open()).destroy();
    expect(await ask(agent)).toMatchObject({ status: 200 });
    const [after] = Object.values(agent.freeSockets).flatMap((list) => list ?? []);
    expect(after).toBe(before);
    expect(sockets).toBeGreaterThan(1);
    agent.destroy();

    await logs('is broken', () => writeFile(keyFile(), 'no key'));
    await logs('is broken', () => rm(certFile()));
    (await open()).destroy();
    await logs('is broken', async () => {
      await put(next);
      await chmod(keyFile(), 0o644);
    });
    await logs('a new TLS certificate is served', () => chmod(keyFile(), 0o600));
    expect(ledger.logged.join('')).not.toContain('PRIVATE KEY');
  }, 60_000);
});

describe('a start', () => {
  const environment = () => ({
    LEDGER_STORE: 'memory',
    TLS_CERT_FILE: join(folder, 'start-cert.pem'),
    TLS_KEY_FILE: join(folder, 'start-key.pem'),
  });

  test.each([
    ['with a key that everybody may read', 0o644, 'everybody may read', true],
    ['with a key of another certificate', 0o600, "can't be used", false],
  ])(
    '%s is refused',
    async (_name, mode, why, isPair) => {
      const { TLS_CERT_FILE, TLS_KEY_FILE } = environment();
      const pair = createTestCertificate();
      await writeFile(TLS_CERT_FILE, isPair ? pair.cert : createTestCertificate().cert);
      await rm(TLS_KEY_FILE, { force: true });
      await writeFile(TLS_KEY_FILE, pair.key, { mode });
      await chmod(TLS_KEY_FILE, mode);
      const { code, output } = await runService(environment());
      expect({ code, said: output.includes(why) }).toEqual({ code: 78, said: true });
      expect(output).not.toContain('PRIVATE KEY');
    },
    30_000,
  );
});
