import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Installation } from '../support/installation.js';
import { judge, Load, report } from '../support/load.js';
import { postmasterPid, signal } from '../support/spawned-service.js';

const CONNECTIONS = 16;
/** Acknowledged between two kills, so that each hits a service at work. */
const TOKENS = 60;

let installation: Installation;
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

async function killService(): Promise<void> {
  installation.current.send('SIGKILL');
  expect(await installation.current.ended).toEqual({ code: null, signal: 'SIGKILL' });
}

async function killDatabase(): Promise<void> {
  const pid = await postmasterPid(installation.dataDir);
  expect(pid).toBeGreaterThan(0);
  signal(pid ?? 0, 'SIGKILL');
}

/** Lets many record at once, and does something to them again and again. */
async function recordWhile(times: number, strike: () => Promise<unknown>): Promise<void> {
  load.start(CONNECTIONS, () => installation.current.client);
  for (let i = 0; i < times; i++) {
    await load.advance(TOKENS);
    await strike();
  }
  await load.advance(TOKENS);
  await load.stop();
}

/** Sends again what was never acknowledged: each token is recorded now, or had been recorded and the first entry is answered. */
async function resend(): Promise<void> {
  for (const compact of load.unanswered) {
    const { status, body } = await installation.current.client.record(compact);
    expect([200, 201]).toContain(status);
    load.retried.push(status);
    load.acknowledged.set(compact, body.index);
    load.unanswered.delete(compact);
  }
}

/** Holds the log to all that was ever acknowledged. */
async function expectWhole(what: string): Promise<void> {
  const acknowledged = load.acknowledged.size;
  const verdict = await judge(installation.current.client, load);
  await resend();
  const final = await judge(installation.current.client, load);
  const retried = load.retried.splice(0);
  const before = retried.filter((status) => status === 200).length;
  report(
    `fault: ${what}: ${acknowledged} acknowledged so far, lost ${verdict.lost}, moved ${verdict.moved}, twice ${final.twice}, ` +
      `gaps ${final.gaps.length}; ${retried.length} unacknowledged sent again: ${before} had been recorded, ${retried.length - before} had not`,
  );
  expect(verdict).toMatchObject({ lost: 0, moved: 0, twice: 0, gaps: [] });
  expect(final).toEqual({ entries: load.acknowledged.size, lost: 0, moved: 0, twice: 0, gaps: [] });
}

describe('what was acknowledged survives', () => {
  test('kill -9 of the service in the middle of recording, again and again', async () => {
    await recordWhile(4, async () => {
      await killService();
      await installation.start();
    });
    await expectWhole('kill -9 of the service, 4 times');
  }, 60_000);

  test('kill -9 of the database in the middle of recording, from which the service recovers by itself', async () => {
    const { current } = installation;
    await recordWhile(3, killDatabase);
    expect(installation.current).toBe(current);
    await expectWhole('kill -9 of the database, 3 times, service kept running');
  }, 60_000);

  test('kill -9 of both at once', async () => {
    await recordWhile(2, async () => {
      await Promise.all([killDatabase(), killService()]);
      await installation.start();
    });
    await expectWhole('kill -9 of service and database at once, 2 times');
  }, 60_000);
});
