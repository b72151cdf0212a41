import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cast, createCast, writeTrustFile } from '../support/cast.js';
import type { LedgerClient } from '../support/client.js';
import { judge, Load, readLog, report } from '../support/load.js';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let directory: string;
let database: TestDatabase;
let cast: Cast;
let services: readonly SpawnedService[];
let clients: readonly LedgerClient[];
let load: Load;

beforeAll(async () => {
  directory = await makeTempDir();
  database = await createTestDatabase();
  cast = await createCast(() => Math.floor(Date.now() / 1000));
  const TRUST_FILE = join(directory, 'trust.json');
  await writeTrustFile(TRUST_FILE, cast);
  const environment = { DATABASE_URL: database.url, TRUST_FILE, DATA_DIR: join(directory, 'data') };
  services = await Promise.all([spawnService(environment), spawnService(environment)]);
  clients = services.map(({ client }) => client);
  load = new Load(cast);
});

afterAll(async () => {
  await load.stop();
  for (const { send } of services) send('SIGTERM');
  for (const { ended } of services) expect(await ended).toEqual({ code: 0, signal: null });
  await database.drop();
  await rm(directory, { recursive: true });
});

describe('two services on one database', () => {
  test('keep one log under load: no gap, no fork, no duplicate', async () => {
    let turn = 0;
    // Each request goes to the other instance, so a child never goes where its parent went.
    load.start(16, () => clients[turn++ % 2] ?? fail());
    const overlapping = await recordEverywhere(30);
    await load.advance(Math.max(0, 400 - load.acknowledged.size));
    await load.stop();
    for (const [compact, index] of overlapping) load.acknowledged.set(compact, index);

    expect(load.refusals.map(({ text }) => text)).toEqual([]);
    const whole = { entries: load.acknowledged.size, lost: 0, moved: 0, twice: 0, gaps: [] };
    for (const client of clients) expect(await judge(client, load)).toEqual(whole);
    const [one, other] = await Promise.all(clients.map(readLog));
    expect(one).toEqual(other);
    const shares = await Promise.all(clients.map(recordedBy));
    expect(shares.reduce((sum, share) => sum + share)).toBe(load.acknowledged.size);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    report(
      `fault: two instances: ${load.acknowledged.size} acknowledged (${shares.join(' + ')}), lost 0, twice 0, gaps 0`,
    );
  }, 60_000);

  test('decide alike who comes first when two tokens want one identity', async () => {
    for (let i = 0; i < 30; i++) {
      const jti = randomUUID();
      const rivals = [await cast.a.sign({ jti }), await cast.b.sign({ jti })];
      const answers = await Promise.all(
        rivals.map((compact, who) => (clients[who] ?? fail()).record(compact)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const winner = rivals[answers.findIndex(({ status }) => status === 201)];
      for (const client of clients)
        expect((await client.get(`/ledger/${jti}`)).body).toMatchObject({ ect: winner });
    }
  });

  test('see a parent as soon as the other has acknowledged it', async () => {
    const wid = randomUUID();
    const start = (await clients[0]?.countEntries()) ?? -1;
    let parents: readonly string[] = [];
    for (let i = 0; i < 40; i++) {
      const entry = await (clients[i % 2] ?? fail()).recorded(await cast.a.sign({ wid, parents }));
      expect(entry.index).toBe(start + i + 1);
      parents = [entry.jti];
    }
  });
});

/** Sends each token to both at the same time, twice: one answer says recorded, the others the same entry. */
async function recordEverywhere(count: number): Promise<ReadonlyMap<string, number>> {
  const indices = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const compact = await cast.b.sign({ wid: randomUUID() });
    const answers = await Promise.all([...clients, ...clients].map((client) => client.record(compact)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    // Each receipt is of the checkpoint that was the newest then.
    const [first, ...others] = answers.map(({ body: { receipt: _receipt, ...entry } }) => entry);
    for (const other of others) expect(other).toEqual(first);
    indices.set(compact, first?.index ?? -1);
  }
  return indices;
}

async function recordedBy(client: LedgerClient): Promise<number> {
  const { text } = await client.get('/metrics');
  return Number(/^ect_ledger_recorded_total (\d+)$/m.exec(text)?.[1]);
}

function fail(): never {
  throw new Error('there are two instances');
}
