import { Server as TlsServer } from 'node:tls';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVERYTHING } from './application/caller.js';
import { CheckReadiness } from './application/check-readiness.js';
import { DetectReplays } from './application/detect-replays.js';
import type { Authenticator } from './application/ports/authenticator.js';
import { SystemClock, type Clock } from './application/ports/clock.js';
import type { LedgerStore } from './application/ports/ledger-store.js';
import { ReadKeys } from './application/read-keys.js';
import { ReadLedger } from './application/read-ledger.js';
import { RecordEcts } from './application/record-ects.js';
import { RecordTrust } from './application/record-trust.js';
import { RevocationList } from './application/revocation-list.js';
import { RevokeKeys } from './application/revoke-keys.js';
import { Sequencer } from './application/sequencer.js';
import { TraceDag } from './application/trace-dag.js';
import { EctVerifier } from './application/verify-ect.js';
import type { Config } from './config.js';
import { KeysController } from './http/keys.controller.js';
import { serveExplorer } from './http/explorer.js';
import { guardRoutes } from './http/access.js';
import { createFastify, refuseOtherMethods, rememberRoutes } from './http/fastify.js';
import { serveDocs } from './http/openapi.js';
import { OperationsController } from './http/operations.controller.js';
import { ProblemFilter } from './http/problem-filter.js';
import { PrometheusMetrics } from './http/prometheus-metrics.js';
import { ReadingController } from './http/reading.controller.js';
import { RecordingController } from './http/recording.controller.js';
import { ReplayController } from './http/replay.controller.js';
import { RequestPipe } from './http/request-pipe.js';
import { limitRates } from './http/rate-limit.js';
import { followTlsFiles, readTlsFiles } from './http/tls-certificate.js';
import { WorkflowsController } from './http/workflows.controller.js';
import { JwkSignatureVerifier } from './keys/jwk-signature-verifier.js';
import { SignatureThread } from './keys/signature-thread.js';
import { RemoteKeySets } from './keys/remote-key-sets.js';
import { TrustFileKeyResolver } from './keys/trust-file.js';
import { describeTrust } from './keys/trust-summary.js';
import { openAuthenticator } from './open-access.js';
import { openStorage, type Storage } from './open-storage.js';
import { LedgerError } from './domain/errors.js';
import { EventsController } from './http/events.controller.js';
import { FOLLOW_LIMITS, FollowLedger } from './application/follow-ledger.js';
import { PublishLog } from './application/publish-log.js';
import { LogController } from './http/log.controller.js';

/** Where the build puts the page, seen from a source and from its build alike. */
const EXPLORER_FOLDER = join(import.meta.dirname, '..', 'dist', 'explorer');

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
  /** The log's public keys, for those who verify. */
  readonly vkeys: readonly string[];
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
  const { maxBytes: maxTokenBytes, trustProxy, rateLimit, tlsFiles } = config;
  const tls = tlsFiles && readTlsFiles(tlsFiles);
  const adapter = await createFastify(metrics, { maxTokenBytes, trustProxy, tls });
  const fastify = adapter.getInstance<FastifyInstance>();
  const log: ServiceLog = fastify.log;
  for (const warning of config.warnings) log.warn(warning);

  const authenticator = await openAuthenticator(config.auth, {
    log,
    clock,
    staleMs: config.jwksStaleSeconds * 1000,
  });
  guardRoutes(fastify, { authenticator, publicRoutes: config.publicRoutes, clock });
  if (rateLimit !== undefined) limitRates(fastify, { perMinute: rateLimit, clock });
  const remote = new RemoteKeySets({ clock, staleMs: config.jwksStaleSeconds * 1000, metrics, log });
  const trust = await TrustFileKeyResolver.load(config.trustFile, { log, remote });
  const revocations = new RevocationList();
  const storage = await openStorage({ config, clock, metrics, revocations, log });
  const { store, sealer } = storage;
  await beginLog(store, log);
  const follower = new FollowLedger(store, metrics, FOLLOW_LIMITS);
  const sequencer = new Sequencer(store, metrics, config, () => {
    follower.appended();
  });
  const recordTrust = new RecordTrust(storage.trust, sequencer, (err) => {
    log.error({ err }, 'a change of trust is not in the log yet');
  });
  await trust.announceTo(({ files, revocations: revoked, onRecorded }) => {
    revocations.configure(revoked);
    return recordTrust.record(files, onRecorded);
  });
  const publisher = new PublishLog(store, storage.trust, sealer.keys);
  const signatures = new SignatureThread();
  const verifier = new EctVerifier(trust, new JwkSignatureVerifier(signatures), clock, config, revocations);
  const recordEcts = new RecordEcts(verifier, store, sequencer, publisher, metrics, ({ code, message }) => {
    log.info({ code, detail: message }, 'token rejected');
  });
  const replays = new DetectReplays(storage.replays, metrics);
  const reader = new ReadLedger(store);
  const readiness = new CheckReadiness({
    store: async () => `${config.store}, ${await store.size()} leaves`,
    log: async () => `size ${(await sealer.takeUp(store)).edge.size}, ${sealer.vkeys.join(' ')}`,
    ...(storage.checkDatabase && { database: storage.checkDatabase }),
    trust: async () => {
      recordTrust.checkRecorded();
      return Promise.resolve(describeTrust(trust.describe()));
    },
  });

  const routes = rememberRoutes(fastify);
  const module = AppModule.with([
    { provide: RecordEcts, useFactory: () => recordEcts },
    { provide: ReadLedger, useFactory: () => reader },
    { provide: ReadKeys, useFactory: () => new ReadKeys(storage.keys) },
    { provide: RevokeKeys, useFactory: () => new RevokeKeys(storage.trust, sequencer, recordTrust) },
    { provide: TraceDag, useFactory: () => new TraceDag(store, reader) },
    { provide: DetectReplays, useFactory: () => replays },
    { provide: FollowLedger, useFactory: () => follower },
    { provide: PublishLog, useFactory: () => publisher },
    { provide: CheckReadiness, useFactory: () => readiness },
    { provide: PrometheusMetrics, useFactory: () => metrics },
  ]);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error', 'warn'],
    bodyParser: false,
  });
  // First, since from now on what fails in any route becomes a problem.
  await app.init();
  const access = { isRequired: authenticator !== undefined, publicRoutes: config.publicRoutes };
  serveDocs(
    app,
    access,
    async () => (await reader.search({}, { order: 'desc', limit: 1 }, EVERYTHING)).items[0],
  );
  if (existsSync(EXPLORER_FOLDER)) await serveExplorer(fastify, EXPLORER_FOLDER);
  else log.warn('the explorer is not built: npm run build does it');
  refuseOtherMethods(fastify, routes);
  replays.start();
  const { server } = fastify;
  const unfollow = tlsFiles && server instanceof TlsServer && followTlsFiles(server, tlsFiles, log);
  if (unfollow) server.once('close', unfollow);
  return {
    app,
    vkeys: sealer.vkeys,
    reloadTrust: () => trust.reload(),
    close: () =>
      closeAll(app, { follower, sequencer, replays, trust, recordTrust, signatures, authenticator, storage }),
  };
}

/** Writes the genesis leaf of a new log. A log that must not be signed does not stop the service: it can still be read. */
async function beginLog(store: LedgerStore, log: ServiceLog): Promise<void> {
  try {
    await store.append([]);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    log.error({ detail: error.message }, 'nothing can be recorded');
  }
}

@Module({})
class AppModule {
  static with(providers: NonNullable<DynamicModule['providers']>): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        RecordingController,
        ReplayController,
        ReadingController,
        WorkflowsController,
        EventsController,
        KeysController,
        LogController,
        OperationsController,
      ],
      providers: [
        ...providers,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestPipe },
      ],
    };
  }
}

interface Closable {
  readonly follower: FollowLedger;
  readonly sequencer: Sequencer;
  readonly replays: DetectReplays;
  readonly trust: TrustFileKeyResolver;
  readonly signatures: SignatureThread;
  readonly authenticator: Authenticator | undefined;
  readonly recordTrust: RecordTrust;
  readonly storage: Storage;
}

async function closeAll(
  app: INestApplication,
  { follower, sequencer, replays, trust, recordTrust, signatures, authenticator, storage }: Closable,
): Promise<void> {
  follower.close();
  await app.close();
  trust.close();
  recordTrust.close();
  await sequencer.close();
  await replays.close();
  await signatures.close();
  authenticator?.close();
  await storage.close();
}
