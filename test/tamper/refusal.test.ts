import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { createService, type LedgerService } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { ISSUER, NOW_SECONDS } from '../support/raw-token.js';
import { makeTempDir } from '../support/temp-dir.js';
import {
  copyTestDatabase,
  createTestDatabase,
  databaseUrl,
  type TestDatabase,
} from '../support/test-database.js';
import { agent, asSuperuser, LogFiles, ORIGIN, recordLedger, token, type RecordedLedger } from './ledger.js';

describe('the service with its anchor', () => {
  let recorded: RecordedLedger;
  let older: TestDatabase;
  let trustFile: string;
  let service: LedgerService | undefined;
  let address = '';

  beforeAll(async () => {
    recorded = await recordLedger(async (size, database) => {
      if (size === 311) older = await copyTestDatabase(database);
    });
    trustFile = join(await makeTempDir(), 'trust.json');
    await writeFile(trustFile, JSON.stringify({ issuers: [{ iss: ISSUER, jwks: { keys: [agent.jwk] } }] }));
  }, 60_000);
  afterEach(stop);
  afterAll(() => Promise.all([recorded.database.drop(), older.drop(), recorded.files.remove()]));

  async function stop(): Promise<void> {
    await service?.close();
    service = undefined;
  }

  async function start(
    url: string,
    { key, anchor }: Pick<LogFiles, 'key' | 'anchor'> = recorded.files,
  ): Promise<void> {
    const config = loadConfig({
      DATABASE_URL: url,
      TRUST_FILE: trustFile,
      LEDGER_ORIGIN: ORIGIN,
      LEDGER_SIGNING_KEY_FILE: key,
      LEDGER_ANCHOR_FILE: anchor,
    });
    service = await createService(config, { nowMs: () => NOW_SECONDS * 1000 });
    await service.app.listen(0, '127.0.0.1');
    address = await service.app.getUrl();
  }

  async function record(ect = token()): Promise<{ status: number; code: unknown }> {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${address}/ledger`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ect }),
    });
    const { code } = (await reply.json()) as { code?: unknown };
    return { status: reply.status, code };
  }

  async function readiness(): Promise<{ status: number; log: string }> {
    const reply = await fetch(`${address}/health/ready`);
    const { checks } = (await reply.json()) as { checks: { log: { detail: string } } };
    return { status: reply.status, log: checks.log.detail };
  }

  async function expectRefusal(what: RegExp): Promise<void> {
    expect(await record()).toEqual({ status: 503, code: 'store-unavailable' });
    const { status, log } = await readiness();
    expect(status).toBe(503);
    expect(log).toMatch(what);
    expect(log).toContain('docs/security.md');
  }

  it('records on the database it signed last', async () => {
    const copy = await copyTestDatabase(recorded.database);
    await start(copy.url, { key: recorded.files.key, anchor: `${recorded.files.anchor}.copy` });
    expect(await record()).toMatchObject({ status: 201 });
    expect(await readiness()).toMatchObject({ status: 200 });
    await stop();
    await copy.drop();
  });

  it('refuses a database whose tail was deleted', async () => {
    const copy = await copyTestDatabase(recorded.database);
    await asSuperuser(copy.url, async (query) => {
      for (const table of ['entry', 'token', 'leaf'])
        await query(`DELETE FROM "${table}" WHERE index >= 600`);
      await query('DELETE FROM edge WHERE child >= 600');
    });
    await start(copy.url);
    await expectRefusal(/holds 600 leaves, but 611 were signed/);
    await stop();
    await copy.drop();
  });

  it('refuses a restored backup, and records again on the right database', async () => {
    await start(older.url);
    await expectRefusal(/holds 311 leaves, but 611 were signed/);
    await stop();
    const right = await copyTestDatabase(recorded.database);
    const anchor = `${recorded.files.anchor}.right`;
    await copyFile(recorded.files.anchor, anchor);
    await start(right.url, { key: recorded.files.key, anchor });
    expect(await record()).toMatchObject({ status: 201 });
    await stop();
    await right.drop();
  });

  it('refuses an empty database in place of its own', async () => {
    const empty = await createTestDatabase();
    await start(empty.url);
    await expectRefusal(/holds 0 leaves, but 611 were signed/);
    await stop();
    await empty.drop();
  });

  it("refuses another ledger's database of the same size", async () => {
    const other = await recordLedger();
    await start(other.database.url);
    await expectRefusal(/another origin or signing key/);
    await stop();
    // With the other's key as well: only the anchor tells.
    await start(other.database.url, { key: other.files.key, anchor: recorded.files.anchor });
    await expectRefusal(/the anchor holds no checkpoint that this log signed/);
    await stop();
    await Promise.all([other.database.drop(), other.files.remove()]);
  });

  it('refuses a replaced signing key', async () => {
    const files = await LogFiles.create();
    await start(recorded.database.url, { key: files.key, anchor: recorded.files.anchor });
    await expectRefusal(/the anchor holds no checkpoint that this log signed/);
    await stop();
    await start(recorded.database.url, { key: files.key, anchor: files.anchor });
    await expectRefusal(/another origin or signing key/);
    await files.remove();
  });

  it('refuses from the moment its database is swapped, and records again when the right one is back', async () => {
    const copy = await copyTestDatabase(recorded.database);
    await start(copy.url, { key: recorded.files.key, anchor: `${recorded.files.anchor}.live` });
    expect(await record()).toMatchObject({ status: 201 });
    const names = [copy.url, older.url].map((url) => new URL(url).pathname.slice(1));
    await exchange(copy.url, names);
    await settled(record);
    await expectRefusal(/holds 311 leaves, but 612 were signed/);
    await exchange(copy.url, names);
    await settled(record);
    expect(await record()).toMatchObject({ status: 201 });
    expect(await readiness()).toMatchObject({ status: 200 });
    await stop();
    await copy.drop();
  });
});

/** The first call after a swap meets the broken connection. */
async function settled(call: () => Promise<unknown>): Promise<void> {
  await call();
}

/** Lets two databases change their names, as a restore beside the running service does. */
async function exchange(url: string, [a = '', b = '']: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') });
  await client.connect();
  try {
    await client.query('UPDATE pg_database SET datallowconn = false WHERE datname = ANY($1)', [[a, b]]);
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1)', [
      [a, b],
    ]);
    for (const [from, to] of [
      [a, `${a}_away`],
      [b, a],
      [`${a}_away`, b],
    ])
      await client.query(`ALTER DATABASE ${from ?? ''} RENAME TO ${to ?? ''}`);
    await client.query('UPDATE pg_database SET datallowconn = true WHERE datname = ANY($1)', [[a, b]]);
  } finally {
    await client.end();
  }
}
