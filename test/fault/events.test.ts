import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cast, createCast, writeTrustFile } from '../support/cast.js';
import { EventStream } from '../support/event-stream.js';
import { report } from '../support/load.js';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TOKENS = 2_000;
const BATCH = 25;

let directory: string;
let database: TestDatabase;
let services: readonly SpawnedService[];
let cast: Cast;

beforeAll(async () => {
  directory = await makeTempDir();
  database = await createTestDatabase();
  cast = await createCast(() => Math.floor(Date.now() / 1000));
  const TRUST_FILE = join(directory, 'trust.json');
  await writeTrustFile(TRUST_FILE, cast);
  const environment = { DATABASE_URL: database.url, TRUST_FILE, DATA_DIR: join(directory, 'data') };
  services = await Promise.all([spawnService(environment), spawnService(environment)]);
});

afterAll(async () => {
  for (const { send, ended } of services) {
    send('SIGTERM');
    await ended;
  }
  await database.drop();
  await rm(directory, { recursive: true });
});

test('followers that lose their connection, and their instance, get every recording once and in order', async () => {
  const [first, second] = services;
  if (!first || !second) throw new Error('there are two instances');
  let living = services;
  const followers = Array.from({ length: 4 }, (_, i) => new Follower(() => living, i));
  const runs = followers.map((follower) => follower.run());

  const writing = [0, 1].map((number) => write(TOKENS / 4, () => living[number % living.length]));
  await Promise.all(writing);
  const cutOff = [0, 1].map((number) => write(TOKENS / 4, () => living[number % living.length]));
  living = [first];
  second.send('SIGKILL');
  await second.ended;
  await Promise.all(cutOff);

  const entries = await first.client.countEntries();
  expect(entries).toBeGreaterThanOrEqual(TOKENS);
  for (const follower of followers) follower.finishAt(entries);
  await Promise.all(runs);
  const whole = Array.from({ length: entries }, (_, i) => i + 1);
  for (const { indices } of followers) expect(indices).toEqual(whole);
  const connections = followers.reduce((sum, follower) => sum + follower.connections, 0);
  expect(connections).toBeGreaterThan(followers.length * 5);
  report(
    `fault: events: ${entries} recordings to each of ${followers.length} followers over ${connections} connections, lost 0, twice 0`,
  );
}, 120_000);

/** Records so many tokens, a batch again when it was not answered. */
async function write(tokens: number, serviceNow: () => SpawnedService | undefined): Promise<void> {
  for (let written = 0; written < tokens; written += BATCH) {
    const batch = await Promise.all(Array.from({ length: BATCH }, () => cast.a.sign()));
    while (
      !(await serviceNow()
        ?.client.recordBatch(batch)
        .catch(() => undefined))
    )
      await delay(20);
  }
}

/** Connects to one instance after the other, is cut off again and again, and goes on as a browser does. */
class Follower {
  readonly indices: number[] = [];
  connections = 0;
  private lastEventId = '0';
  private last = Infinity;

  constructor(
    private readonly living: () => readonly SpawnedService[],
    private readonly number: number,
  ) {}

  finishAt(index: number): void {
    this.last = index;
  }

  async run(): Promise<void> {
    for (const deadline = performance.now() + 100_000; performance.now() < deadline;) {
      const services = this.living();
      const service = services[(this.number + this.connections) % services.length];
      const stream = await EventStream.open(service?.client.url ?? '', '', this.lastEventId).catch(
        () => undefined,
      );
      if (!stream) {
        await delay(20);
        continue;
      }
      this.connections++;
      await Promise.race([delay(100 + 200 * Math.random()), stream.ended]);
      await stream.cut();
      this.lastEventId = stream.lastEventId === '' ? this.lastEventId : stream.lastEventId;
      this.indices.push(...stream.indices);
      if (Number(this.lastEventId) >= this.last) return;
    }
  }
}
