import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AlreadyRunningError } from '../../src/storage/postgres/embedded-owner.js';
import type { EmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { startEmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { makeTempDir } from '../support/temp-dir.js';

// Many starts of a real server; a busy machine takes its time over each.
jest.setTimeout(120_000);

let directory: string;
let dataDir: string;
let started: EmbeddedServer[];

beforeEach(async () => {
  directory = await makeTempDir();
  dataDir = join(directory, 'data');
  started = [];
});

afterEach(async () => {
  for (const server of started) await server.stop();
  await rm(directory, { recursive: true });
});

async function start(): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ dataDir, log: () => undefined });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function queryWhenUp(url: string, sql: string): Promise<unknown[]> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await query(url, sql);
    } catch (error) {
      if (tries === 200) throw error;
      await delay(50);
    }
  }
}

/** A process that starts the server and is killed, which leaves the database running without an owner. */
async function crashOwner(): Promise<void> {
  const hooks = join(import.meta.dirname, '..', '..', 'scripts', 'ts.mjs');
  const script = join(import.meta.dirname, '..', 'support', 'run-embedded-server.ts');
  const owner = spawn(process.execPath, ['--import', hooks, script, dataDir], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(owner.stdout, 'data')) as [Buffer];
  await query(output.toString('utf8').trim(), 'CREATE TABLE kept (n integer)');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

describe('the embedded server', () => {
  test('starts a durable PostgreSQL 18 that listens on the loopback address only', async () => {
    const { url } = await start();
    const [settings] = await query(
      url,
      `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS addresses,
              current_setting('unix_socket_directories') AS sockets, current_setting('server_encoding') AS encoding,
              current_setting('lc_collate', true) AS collate, current_database() AS database`,
    );
    expect(settings).toMatchObject({
      version: 18,
      fsync: 'on',
      commit: 'on',
      addresses: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
      database: 'ect_ledger',
    });
  });

  test('refuses a wrong password', async () => {
    const url = new URL((await start()).url);
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('keeps the password and the log from other users', async () => {
    await start();
    for (const file of ['postgres-password', 'postgres.log']) {
      expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(dataDir)).mode & 0o707).toBe(0o700);
  });

  test('continues on the same data after a stop', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n integer)');
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const second = await start();
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([]);
  });

  test('can be stopped twice', async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });

  test('tells a second instance on the same data directory that it is taken, and stays up', async () => {
    const server = await start();
    await expect(start()).rejects.toThrow(AlreadyRunningError);
    await expect(start()).rejects.toThrow(/another ect-ledger is already running on this data directory/);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('has one winner when several start on a new data directory at the same time', async () => {
    const outcomes = await Promise.allSettled([start(), start(), start()]);
    const losses = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(losses.map((loss) => loss.reason as unknown)).toEqual([
      expect.any(AlreadyRunningError),
      expect.any(AlreadyRunningError),
    ]);
    const [winner] = started;
    expect(await query(winner?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('takes over from an owner that was killed, with its data', async () => {
    await crashOwner();
    const server = await start();
    expect(await query(server.url, 'SELECT * FROM kept')).toEqual([]);
  });

  test('has one winner when two take over from a killed owner', async () => {
    await crashOwner();
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await query(started[0]?.url ?? '', 'SELECT * FROM kept')).toEqual([]);
  });

  test('recovers when owner and server were both killed', async () => {
    await crashOwner();
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGKILL');
    const server = await start();
    expect(await query(server.url, 'SELECT * FROM kept')).toEqual([]);
  });

  test('starts a killed server again under the same URL, as its owner', async () => {
    const server = await start();
    await query(server.url, 'CREATE TABLE kept (n integer)');
    for (let kills = 0; kills < 2; kills += 1) {
      const { pid } = server;
      process.kill(pid, 'SIGKILL');
      expect(await queryWhenUp(server.url, 'SELECT * FROM kept')).toEqual([]);
      await delay(300);
      expect(server.pid).not.toBe(pid);
    }
    await expect(start()).rejects.toThrow(AlreadyRunningError);
  });

  test('stays the owner when the session that says so is terminated', async () => {
    const server = await start();
    await query(
      server.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'",
    );
    await delay(300);
    await expect(start()).rejects.toThrow(AlreadyRunningError);
  });

  test('can be stopped while it starts a killed server again', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    await delay(20);
    await server.stop();
    await expect(query(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('shows the end of the log when the server does not start', async () => {
    const server = await start();
    await server.stop();
    await rm(join(server.clusterDir, 'global', 'pg_control'));
    await expect(start()).rejects.toThrow(/did not start; its log[^]*pg_control/);
  });
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

describe('below a home that the database user cannot enter', () => {
  beforeEach(() => chmod(directory, 0o700));

  afterEach(async () => {
    for (const server of started) await server.stop();
    for (const { clusterDir } of started) await rm(clusterDir, { recursive: true, force: true });
  });

  asRoot('keeps its files elsewhere, notes where, and finds them again', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n integer)');
    await first.stop();
    const { clusterDir } = await start();
    expect(clusterDir).toBe(await readFile(join(dataDir, 'postgres-location'), 'utf8'));
    expect(clusterDir.startsWith(directory)).toBe(false);
    expect(await query(started[1]?.url ?? '', 'SELECT * FROM kept')).toEqual([]);
    for (const server of started) await server.stop();
    await rm(clusterDir, { recursive: true });
    await expect(start()).rejects.toThrow(/which is gone/);
  });
});
