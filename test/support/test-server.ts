import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { getContainerRuntimeClient } from 'testcontainers';
import { startEmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { makeTempDir } from './temp-dir.js';
import { ADMIN_URL, databaseUrl, TEMPLATE } from './test-database.js';

/** The server that the tests' databases are made on. */
interface TestServer {
  readonly description: string;
  /** Of a role that may create databases. */
  readonly url: string;
  stop(): Promise<void>;
}

const IMAGE = 'postgres:18';
const RUNTIME_TIMEOUT_MS = 5_000;
const CONTAINER_TIMEOUT_MS = 120_000;

let server: TestServer | undefined;

/** Starts a server, migrates the template database that the tests copy, and tells the tests' processes by environment. */
export async function startTestServer(): Promise<void> {
  server = await chooseServer();
  process.env[ADMIN_URL] = server.url;
  say(`Tests' database: ${server.description}`);
  await createTemplate(server.url);
}

export async function stopTestServer(): Promise<void> {
  if (server !== undefined) await dropTemplate(server.url);
  await server?.stop();
}

async function chooseServer(): Promise<TestServer> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return { description: 'TEST_DATABASE_URL', url, stop: () => Promise.resolve() };
  return (await startContainer()) ?? startEmbedded();
}

async function startContainer(): Promise<TestServer | undefined> {
  const runtime = await within(RUNTIME_TIMEOUT_MS, getContainerRuntimeClient()).catch(() => undefined);
  if (runtime === undefined) return undefined;
  try {
    return await startImage().catch(() => {
      // Where the image of testcontainers' reaper cannot be had; the teardown stops the container anyway.
      process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
      return startImage();
    });
  } catch (error) {
    process.stdout.write(
      `A container runtime answers, but ${IMAGE} does not start there: ${String(error)}\n`,
    );
    return undefined;
  }
}

async function startImage(): Promise<TestServer> {
  const container = await within(CONTAINER_TIMEOUT_MS, new PostgreSqlContainer(IMAGE).start());
  return {
    description: `${IMAGE} in a container (testcontainers)`,
    url: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
    },
  };
}

async function startEmbedded(): Promise<TestServer> {
  const directory = await makeTempDir();
  const embedded = await startEmbeddedServer({ dataDir: join(directory, 'data'), log: () => undefined });
  const killServer = (): void => {
    process.kill(embedded.pid, 'SIGINT');
  };
  // The server is in no process group that a terminal's Ctrl-C reaches.
  process.once('exit', killServer);
  return {
    description: 'embedded server (no container runtime answers)',
    url: embedded.url,
    stop: async () => {
      process.off('exit', killServer);
      await embedded.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Jest's standard output is for results in machine-readable form. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function createTemplate(url: string): Promise<void> {
  await dropTemplate(url);
  await execute(url, `CREATE DATABASE ${TEMPLATE}`);
  await migrate(databaseUrl(url, TEMPLATE), { log: () => undefined });
}

async function dropTemplate(url: string): Promise<void> {
  await execute(url, `DROP DATABASE IF EXISTS ${TEMPLATE}`);
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function within<T>(timeoutMs: number, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(timeoutMs)} ms`));
    }, timeoutMs);
  });
  return Promise.race([result, expiry]).finally(() => {
    clearTimeout(timer);
  });
}
