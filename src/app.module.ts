import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { CheckReadiness } from './application/check-readiness.js';
import { SystemClock, type Clock } from './application/ports/clock.js';
import type { LedgerStore } from './application/ports/ledger-store.js';
import { ReadLedger } from './application/read-ledger.js';
import { RecordEcts } from './application/record-ects.js';
import { Sequencer } from './application/sequencer.js';
import { TraceDag } from './application/trace-dag.js';
import { EctVerifier } from './application/verify-ect.js';
import type { Config } from './config.js';
import { createFastify, refuseOtherMethods, rememberRoutes } from './http/fastify.js';
import { serveDocs } from './http/openapi.js';
import { OperationsController } from './http/operations.controller.js';
import { ProblemFilter } from './http/problem-filter.js';
import { PrometheusMetrics } from './http/prometheus-metrics.js';
import { ReadingController } from './http/reading.controller.js';
import { RecordingController } from './http/recording.controller.js';
import { RequestPipe } from './http/request-pipe.js';
import { WorkflowsController } from './http/workflows.controller.js';
import { JoseSignatureVerifier } from './keys/jose-signature-verifier.js';
import { TrustFileKeyResolver } from './keys/trust-file.js';
import { MemoryLedgerStore } from './storage/memory/memory-ledger-store.js';
import { startEmbeddedServer, type EmbeddedServer } from './storage/postgres/embedded-server.js';
import { migrate } from './storage/postgres/migrate.js';
import { PostgresLedgerStore } from './storage/postgres/postgres-ledger-store.js';

/** Where the service tells what it does. Secrets and tokens never go there. */
export interface ServiceLog {
  info(message: string): void;
  info(details: object, message: string): void;
  warn(message: string): void;
  error(details: object, message: string): void;
}

/** A service that is ready to listen. */
export interface LedgerService {
  readonly app: NestFastifyApplication;
  /** Reads the trust file again. */
  reloadTrust(): Promise<void>;
  /** Answers what was accepted, then lets go of everything, the embedded database last. */
  close(): Promise<void>;
}

/**
 * Composes the service: storage, trust, use cases, HTTP. The only place that sees every layer.
 *
 * @throws when the database can't be reached or migrated, or the trust file is broken; nothing is left running then
 */
export async function createService(
  config: Config,
  clock: Clock = new SystemClock(),
): Promise<LedgerService> {
  const metrics = new PrometheusMetrics();
  const adapter = await createFastify(metrics, { maxTokenBytes: config.maxBytes });
  const fastify = adapter.getInstance<FastifyInstance>();
  const log: ServiceLog = fastify.log;
  for (const warning of config.warnings) log.warn(warning);

  const trust = await TrustFileKeyResolver.load(config.trustFile, { log });
  const storage = await openStorage(config, clock, log);
  const sequencer = new Sequencer(storage.store, metrics, config);
  const verifier = new EctVerifier(trust, new JoseSignatureVerifier(), clock, config);
  const recordEcts = new RecordEcts(verifier, storage.store, sequencer, metrics, ({ code, message }) => {
    log.info({ code, detail: message }, 'token rejected');
  });
  const reader = new ReadLedger(storage.store);
  const readiness = new CheckReadiness({
    store: async () => `${config.store}, ${await storage.store.size()} leaves`,
    trust: () => Promise.resolve(`${trust.describe().issuers} issuers, ${trust.describe().keys} keys`),
  });

  const routes = rememberRoutes(fastify);
  const module = AppModule.with([
    { provide: RecordEcts, useFactory: () => recordEcts },
    { provide: ReadLedger, useFactory: () => reader },
    { provide: TraceDag, useFactory: () => new TraceDag(storage.store, reader) },
    { provide: CheckReadiness, useFactory: () => readiness },
    { provide: PrometheusMetrics, useFactory: () => metrics },
  ]);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error', 'warn'],
    bodyParser: false,
  });
  serveDocs(app, async () => (await reader.search({}, { order: 'desc', limit: 1 })).items[0]);
  await app.init();
  refuseOtherMethods(fastify, routes);
  return { app, reloadTrust: () => trust.reload(), close: () => closeAll(app, sequencer, trust, storage) };
}

@Module({})
class AppModule {
  static with(providers: NonNullable<DynamicModule['providers']>): DynamicModule {
    return {
      module: AppModule,
      controllers: [RecordingController, ReadingController, WorkflowsController, OperationsController],
      providers: [
        ...providers,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestPipe },
      ],
    };
  }
}

interface Storage {
  readonly store: LedgerStore;
  close(): Promise<void>;
}

async function openStorage(config: Config, clock: Clock, log: ServiceLog): Promise<Storage> {
  if (config.store === 'memory') {
    log.warn('LEDGER_STORE=memory: nothing is kept when the process ends');
    return { store: new MemoryLedgerStore(config, clock), close: () => Promise.resolve() };
  }
  const tell = (message: string) => {
    log.info(message);
  };
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedServer({ dataDir: config.dataDir, log: tell })
      : undefined;
  try {
    const url = config.databaseUrl ?? urlOf(embedded);
    await migrate(config.databaseMigrationUrl ?? url, { log: tell });
    return openPostgres(url, embedded, config, clock, log);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function openPostgres(
  url: string,
  embedded: EmbeddedServer | undefined,
  config: Config,
  clock: Clock,
  log: ServiceLog,
): Storage {
  const onFailure = (err: unknown) => {
    log.error({ err }, 'the database failed');
  };
  const store = new PostgresLedgerStore({ url, rules: config, clock, onFailure });
  const close = async () => {
    await store.close();
    await embedded?.stop();
  };
  return { store, close };
}

function urlOf(embedded: EmbeddedServer | undefined): string {
  if (!embedded) throw new Error('no database is configured');
  return embedded.url;
}

async function closeAll(
  app: INestApplication,
  sequencer: Sequencer,
  trust: TrustFileKeyResolver,
  storage: Storage,
): Promise<void> {
  await app.close();
  await sequencer.close();
  trust.close();
  await storage.close();
}
