import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { expectProblem } from '../support/client.js';
import { judge, Load, report } from '../support/load.js';
import { startService, type TestService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { makeTempDir } from '../support/temp-dir.js';

const OUTAGES = 2;

let directory: string;
let server: EmbeddedServer;
/** Gives the database one address over all its starts. */
let proxy: TcpProxy;
let ledger: TestService;
let load: Load;

beforeEach(async () => {
  directory = await makeTempDir();
  server = await startServer();
  proxy = await TcpProxy.start(server.url);
  ledger = await startService({ store: 'postgres', databaseUrl: proxy.url });
  load = new Load(ledger.cast);
});

afterEach(async () => {
  await load.stop();
  await ledger.close();
  await proxy.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

function startServer(): Promise<EmbeddedServer> {
  return startEmbeddedServer({ dataDir: join(directory, 'data'), log: () => undefined });
}

test('while the database is stopped requests fail clearly; when it is started the service goes on by itself', async () => {
  const { client } = ledger;
  load.start(8, () => client);
  for (let i = 0; i < OUTAGES; i++) {
    await load.advance(50);
    await server.stop();
    const refusedBefore = load.refusals.length;
    while (load.refusals.length < refusedBefore + 40) await delay(10);
    expect(await client.get('/health/live')).toMatchObject({ status: 200 });
    expect(await client.get('/health/ready')).toMatchObject({ status: 503 });
    expectProblem(await client.get('/ledger'), 'store-unavailable', 503);
    server = await startServer();
    proxy.redirect(server.url);
    await load.advance(50);
    expect(await client.get('/health/ready')).toMatchObject({ status: 200 });
  }
  await load.stop();
  for (const refusal of load.refusals) {
    expectProblem(refusal, 'store-unavailable', 503);
    expect(refusal.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  const verdict = await judge(client, load);
  expect(verdict).toMatchObject({ lost: 0, moved: 0, twice: 0, gaps: [] });
  report(
    `fault: database stopped and started, ${OUTAGES} times: ${load.refusals.length} requests refused with store-unavailable, ` +
      `${load.acknowledged.size} acknowledged, lost ${verdict.lost}, gaps ${verdict.gaps.length}`,
  );
}, 60_000);
