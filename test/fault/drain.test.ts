import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Installation } from '../support/installation.js';
import { judge, Load } from '../support/load.js';
import { LogLock } from '../support/log-lock.js';
import { embeddedUrl, hasGone, postmasterPid, type SpawnedService } from '../support/spawned-service.js';

let installation: Installation;
/** Everything that was acknowledged, over all starts. */
let load: Load;

beforeAll(async () => {
  installation = await Installation.prepare();
  load = new Load(installation.cast);
  await installation.start();
}, 60_000);

afterAll(async () => {
  await load.stop();
  await installation.remove();
});

/** Resolves when so many tokens have arrived: a connection that is still being made is no request in flight. */
async function areVerified({ client }: SpawnedService, count: number): Promise<void> {
  for (;;) {
    const { text } = await client.get('/metrics');
    if (Number(/^ect_ledger_verification_seconds_count (\d+)$/m.exec(text)?.[1]) >= count) return;
    await delay(10);
  }
}

describe('SIGTERM', () => {
  test('answers what is in flight, takes nothing new, stops the database and exits 0; the next start continues', async () => {
    const { current: first, dataDir, cast } = installation;
    const databasePid = (await postmasterPid(dataDir)) ?? 0;
    const lock = await LogLock.take(await embeddedUrl(dataDir));
    const compacts = await Promise.all(Array.from({ length: 8 }, () => cast.a.sign()));
    const answers = compacts.map((compact) => first.client.record(compact));
    await lock.isWaitedFor();
    await areVerified(first, compacts.length);

    first.send('SIGTERM');
    await isRefusing(first.client.url);
    await lock.release();
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      expect(answer).toMatchObject({ status: 201, body: { ect: compacts[i] } });
      load.acknowledged.set(answer.body.ect, answer.body.index);
    }
    expect(await first.ended).toEqual({ code: 0, signal: null });
    await hasGone(databasePid);
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toMatch(/database system is shut down\s*$/);

    const second = await installation.start();
    const entry = await second.client.recorded(await cast.b.sign());
    load.acknowledged.set(entry.ect, entry.index);
    expect(await judge(second.client, load)).toEqual({ entries: 9, lost: 0, moved: 0, twice: 0, gaps: [] });
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('not properly shut down');
  }, 60_000);

  test('loses nothing under load', async () => {
    load.start(8, () => installation.current.client);
    await load.advance(100);
    installation.current.send('SIGTERM');
    expect(await installation.current.ended).toEqual({ code: 0, signal: null });
    const { client } = await installation.start();
    await load.advance(20);
    await load.stop();
    for (const { status, headers, body } of load.refusals) {
      expect({ status, type: headers.get('content-type'), body }).toMatchObject({
        status: 503,
        type: expect.stringMatching(/^application\/problem\+json/),
        body: { code: 'overloaded' },
      });
    }
    expect(await judge(client, load)).toMatchObject({ lost: 0, moved: 0, twice: 0, gaps: [] });
  }, 60_000);

  test('does not wait for connections that send nothing, or never all', async () => {
    const { client, send, ended } = await installation.start({ LEDGER_STORE: 'memory' });
    const { hostname, port } = new URL(client.url);
    for (const text of [
      '',
      'POST /ledger HTTP/1.1\r\nHost: ledger\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\na.b',
    ]) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
    }
    await client.get('/health/live');
    send('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  }, 20_000);
});

/** Waits until nobody listens at the address any more. */
async function isRefusing(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    const isRefused = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => {
        socket.destroy();
        resolve(false);
      });
      socket.once('error', () => {
        resolve(true);
      });
    });
    if (isRefused) return;
  }
}
