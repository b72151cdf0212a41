import type { Clock } from './application/ports/clock.js';
import type { KeyHistory } from './application/ports/key-history.js';
import type { LedgerStore } from './application/ports/ledger-store.js';
import type { ReplayStore } from './application/ports/replay-store.js';
import type { Metrics } from './application/ports/metrics.js';
import type { TrustStore } from './application/ports/trust-store.js';
import type { RevocationList } from './application/revocation-list.js';
import { LogSealer } from './application/seal-log.js';
import type { Config } from './config.js';
import { LedgerError } from './domain/errors.js';
import { Ed25519CheckpointSigner, loadCheckpointSigners } from './keys/ed25519-checkpoint-signer.js';
import { FileCheckpointAnchor } from './storage/file/file-checkpoint-anchor.js';
import { MemoryCheckpointAnchor } from './storage/memory/memory-checkpoint-anchor.js';
import { MemoryReplayStore } from './storage/memory/memory-replay-store.js';
import { MemoryLedgerStore } from './storage/memory/memory-ledger-store.js';
import {
  startEmbeddedServer,
  type EmbeddedServer,
  type LedgerRole,
} from './storage/postgres/embedded-server.js';
import { DatabaseRoleError } from './storage/postgres/inspect-rights.js';
import { migrate } from './storage/postgres/migrate.js';
import { PostgresLedgerStore } from './storage/postgres/postgres-ledger-store.js';
import { PostgresReplayStore } from './storage/postgres/postgres-replay-store.js';

export interface StorageOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly revocations: RevocationList;
  readonly log: StorageLog;
}

export interface StorageLog {
  info(message: string): void;
  warn(message: string): void;
  error(details: object, message: string): void;
}

/** The ledger's storage with the log on top of it. */
export interface Storage {
  readonly store: LedgerStore;
  readonly keys: KeyHistory;
  readonly trust: TrustStore;
  readonly sealer: LogSealer;
  readonly replays: ReplayStore;
  /** Says what the service may do in its database; rejects when that is not as it must be. */
  readonly checkDatabase?: () => Promise<string>;
  close(): Promise<void>;
}

/** Opens what the configuration names; with PostgreSQL that includes the embedded server and the migrations. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  return options.config.store === 'memory' ? openMemory(options) : openPostgres(options);
}

/** A log in memory is signed with a key that ends with it: under a lasting key two runs would contradict each other. */
async function openMemory({ config, clock, metrics, revocations, log }: StorageOptions): Promise<Storage> {
  log.warn('LEDGER_STORE=memory: nothing is kept when the process ends');
  const signer = await Ed25519CheckpointSigner.generate(config.origin);
  const sealer = new LogSealer([signer], new MemoryCheckpointAnchor(), metrics);
  const store = new MemoryLedgerStore(config, sealer, clock, revocations);
  const { keys, trust } = store;
  return {
    store,
    keys,
    trust,
    sealer,
    replays: new MemoryReplayStore(clock),
    close: () => Promise.resolve(),
  };
}

async function openPostgres({ config, clock, metrics, revocations, log }: StorageOptions): Promise<Storage> {
  const tell = (message: string) => {
    log.info(message);
  };
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedServer({ dataDir: config.dataDir, log: tell })
      : undefined;
  try {
    const url = config.databaseUrl ?? urlAs('app', embedded);
    await migrate(config.databaseMigrationUrl ?? urlAs('owner', embedded), { log: tell });
    const anchor = new FileCheckpointAnchor(config.anchorFile);
    const sealer = new LogSealer(
      await loadCheckpointSigners(config.signingKeyFile, config.origin),
      anchor,
      metrics,
    );
    const onFailure = (err: unknown) => {
      log.error({ err }, 'the database failed');
    };
    const store = new PostgresLedgerStore({
      url,
      rules: config,
      sealer,
      revocations,
      clock,
      onFailure,
      onProgress: tell,
    });
    const replays = new PostgresReplayStore(url, onFailure);
    const close = async () => {
      await Promise.all([store.close(), replays.close()]);
      await embedded?.stop();
    };
    await checkRole(store, config, log).catch(async (error: unknown) => {
      await Promise.all([store.close(), replays.close()]);
      throw error;
    });
    const checkDatabase = () => describeRights(store, config);
    return { store, keys: store.keys, trust: store.trust, sealer, replays, checkDatabase, close };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** @throws DatabaseRoleError in production, when the role can change the ledger; otherwise that is only said */
async function checkRole(
  store: PostgresLedgerStore,
  { isProduction }: Config,
  log: StorageLog,
): Promise<void> {
  const { excess, unguarded } = await store.rights();
  if (excess !== undefined && isProduction) throw new DatabaseRoleError(excess);
  if (excess !== undefined) log.warn(`${excess} (docs/operations.md, "Database roles")`);
  if (unguarded.length > 0)
    log.error({ tables: unguarded }, 'the triggers that refuse changes are not in force');
}

/** @throws LedgerError `store-unavailable` that says what is wrong with the rights */
async function describeRights(store: PostgresLedgerStore, { isProduction }: Config): Promise<string> {
  const { role, excess, unguarded } = await store.rights();
  const wrong =
    unguarded.length > 0
      ? `the triggers that refuse changes are not in force on: ${unguarded.join(', ')}`
      : isProduction
        ? excess
        : undefined;
  if (wrong !== undefined) throw new LedgerError('store-unavailable', wrong);
  return excess ?? `the role ${role} inserts and reads only; every table refuses changes`;
}

function urlAs(role: LedgerRole, embedded: EmbeddedServer | undefined): string {
  if (!embedded) throw new Error('no database is configured');
  return embedded.urlAs(role);
}
