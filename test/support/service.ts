import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createService, type LedgerService } from '../../src/app.module.js';
import { Clock } from '../../src/application/ports/clock.js';
import { loadConfig } from '../../src/config.js';
import { type Cast, createCast, writeTrustFile } from './cast.js';
import { LedgerClient } from './client.js';
import { NOW_SECONDS } from './raw-token.js';
import { makeTempDir } from './temp-dir.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export const STORES = ['memory', 'postgres'] as const;

/** A clock that stands still until a test moves it. */
export class TestClock extends Clock {
  constructor(private ms = NOW_SECONDS * 1000) {
    super();
  }

  override nowMs(): number {
    return this.ms;
  }

  get seconds(): number {
    return Math.floor(this.ms / 1000);
  }

  advance(ms: number): void {
    this.ms += ms;
  }
}

export interface ServiceOptions {
  readonly store: (typeof STORES)[number];
  /** A database of the test's; services that share one also share a DATA_DIR, with their key. Without it the service has a fresh one. */
  readonly databaseUrl?: string;
  readonly clock?: TestClock;
  /** A cast that the test shares between services. */
  readonly cast?: Cast;
  /** More of the environment (`configuration.md`). */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The service within the test's process, listening on a free port, with agents that it trusts. */
export interface TestService {
  readonly service: LedgerService;
  readonly client: LedgerClient;
  readonly cast: Cast;
  readonly clock: TestClock;
  readonly trustFile: string;
  /** What it has logged so far, a line of JSON each. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

export async function startService(options: ServiceOptions): Promise<TestService> {
  const { clock = new TestClock(), store, environment = {} } = options;
  const cast = options.cast ?? (await createCast(() => clock.seconds));
  const directory = await makeTempDir();
  const trustFile = join(directory, 'trust.json');
  await writeTrustFile(trustFile, cast);
  const database = await databaseFor(options);
  const config = loadConfig({
    LEDGER_STORE: store,
    TRUST_FILE: trustFile,
    DATA_DIR: directory,
    ...(database && { DATABASE_URL: database.url }),
    ...environment,
  });
  const { service, logged } = await captureLog(() => createService(config, clock));
  await service.app.listen(0, '127.0.0.1');
  const close = async () => {
    await service.close();
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
  };
  return {
    service,
    client: new LedgerClient(await service.app.getUrl()),
    cast,
    clock,
    trustFile,
    logged,
    close,
  };
}

async function databaseFor({ store, databaseUrl }: ServiceOptions): Promise<TestDatabase | undefined> {
  if (store === 'memory') return undefined;
  return databaseUrl === undefined
    ? createTestDatabase()
    : { url: databaseUrl, drop: () => Promise.resolve() };
}

/** The service writes its log to the standard error that it finds at its start. */
async function captureLog(
  start: () => Promise<LedgerService>,
): Promise<{ readonly service: LedgerService; readonly logged: readonly string[] }> {
  const logged: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString('utf8'));
      done();
    },
  });
  const original = Object.getOwnPropertyDescriptor(process, 'stderr');
  Object.defineProperty(process, 'stderr', { configurable: true, value: sink });
  try {
    return { service: await start(), logged };
  } finally {
    if (original) Object.defineProperty(process, 'stderr', original);
  }
}
