import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cast, createCast, writeTrustFile } from '../support/cast.js';
import { judge, Load, report } from '../support/load.js';
import {
  cleanUp,
  postmasterPid,
  signal,
  type SpawnedService,
  spawnService,
} from '../support/spawned-service.js';
import { makeTempDir } from '../support/temp-dir.js';

const CONNECTIONS = 16;
/** Acknowledged between two kills, so that each hits a service at work. */
const TOKENS = 60;

let directory: string;
let dataDir: string;
let cast: Cast;
let services: SpawnedService[];
let load: Load;

beforeEach(async () => {
  directory = await makeTempDir();
  dataDir = join(directory, 'data');
  cast = await createCast(() => Math.floor(Date.now() / 1000));
  await writeTrustFile(join(directory, 'trust.json'), cast);
  services = [];
  load = new Load(cast);
});

afterEach(async () => {
  await load.stop();
  await cleanUp(services, dataDir);
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<SpawnedService> {
  const service = await spawnService({ DATA_DIR: dataDir, TRUST_FILE: join(directory, 'trust.json') });
  services.push(service);
  return service;
}

const current = () => {
  const service = services.at(-1);
  if (!service) throw new Error('no service was started');
  return service;
};

async function killService(): Promise<void> {
  current().send('SIGKILL');
  expect(await current().ended).toEqual({ code: null, signal: 'SIGKILL' });
}

async function killDatabase(): Promise<void> {
  const pid = await postmasterPid(dataDir);
  expect(pid).toBeGreaterThan(0);
  signal(pid ?? 0, 'SIGKILL');
}

/** Sends again what was never acknowledged: each token is recorded now, or had been recorded and the first entry is answered. */
async function resend(): Promise<void> {
  for (const compact of load.unanswered) {
    const { status, body } = await current().client.record(compact);
    expect([200, 201]).toContain(status);
    load.retried.push(status);
    load.acknowledged.set(compact, body.index);
  }
}

async function expectWhole(what: string): Promise<void> {
  const acknowledged = load.acknowledged.size;
  const verdict = await judge(current().client, load);
  await resend();
  const final = await judge(current().client, load);
  const before = load.retried.filter((status) => status === 200).length;
  report(
    `fault: ${what}: ${acknowledged} acknowledged, lost ${verdict.lost}, moved ${verdict.moved}, twice ${final.twice}, gaps ${final.gaps.length}; ` +
      `${load.retried.length} unacknowledged sent again: ${before} had been recorded, ${load.retried.length - before} had not`,
  );
  expect(verdict).toMatchObject({ lost: 0, moved: 0, twice: 0, gaps: [] });
  expect(final).toEqual({ entries: load.acknowledged.size, lost: 0, moved: 0, twice: 0, gaps: [] });
}

describe('what was acknowledged survives', () => {
  test('kill -9 of the service in the middle of recording, again and again', async () => {
    const kills = 4;
    await start();
    load.start(CONNECTIONS, () => current().client);
    for (let i = 0; i < kills; i++) {
      await load.advance(TOKENS);
      await killService();
      await start();
    }
    await load.advance(TOKENS);
    await load.stop();
    await expectWhole(`kill -9 of the service, ${kills} times`);
  }, 60_000);

  test('kill -9 of the database in the middle of recording, from which the service recovers by itself', async () => {
    const kills = 3;
    await start();
    load.start(CONNECTIONS, () => current().client);
    for (let i = 0; i < kills; i++) {
      await load.advance(TOKENS);
      await killDatabase();
    }
    await load.advance(TOKENS);
    await load.stop();
    expect(services).toHaveLength(1);
    await expectWhole(`kill -9 of the database, ${kills} times, service kept running`);
  }, 60_000);

  test('kill -9 of both at once', async () => {
    const kills = 2;
    await start();
    load.start(CONNECTIONS, () => current().client);
    for (let i = 0; i < kills; i++) {
      await load.advance(TOKENS);
      await Promise.all([killDatabase(), killService()]);
      await start();
    }
    await load.advance(TOKENS);
    await load.stop();
    await expectWhole(`kill -9 of service and database at once, ${kills} times`);
  }, 60_000);
});
