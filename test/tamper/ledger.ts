import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { LogSealer } from '../../src/application/seal-log.js';
import { LogSealer as Sealer } from '../../src/application/seal-log.js';
import type { CheckpointAnchor } from '../../src/application/ports/checkpoint-anchor.js';
import { verifyDeep, type AuditReport, type DeepVerification } from '../../src/audit.js';
import type { VerifiedEct } from '../../src/domain/entry.js';
import { loadCheckpointSigners } from '../../src/keys/ed25519-checkpoint-signer.js';
import { FileCheckpointAnchor } from '../../src/storage/file/file-checkpoint-anchor.js';
import { PostgresLedgerStore } from '../../src/storage/postgres/postgres-ledger-store.js';
import { verifierOf } from '../../src/verify-ect.js';
import { generateP256, ISSUER, signRaw, validPayload, NOW_SECONDS } from '../support/raw-token.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { SilentMetrics } from '../support/test-sealer.js';

export const ORIGIN = 'example.com/tampered-log';
const RULES = { clockSkewSeconds: 30, remediationActions: ['rollback*'] };

/** The agent whose key is trusted. */
export const agent = generateP256();

const TRUST = { issuers: [{ iss: ISSUER, jwks: { keys: [agent.jwk] } }] };

/** A token of a task, really signed. */
export function token(members: object = {}): string {
  return signRaw({ payload: { ...validPayload(), ...members }, privateKey: agent.privateKey });
}

export async function verified(compact: string): Promise<VerifiedEct> {
  const verifier = await verifierOf({ keys: TRUST, now: NOW_SECONDS * 1000 });
  return verifier.check(await verifier.authenticate(compact));
}

/** Where the key and the anchor of a log are, outside the database. */
export class LogFiles {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<LogFiles> {
    return new LogFiles(await makeTempDir());
  }

  get key(): string {
    return join(this.folder, 'log-key.pem');
  }

  get anchor(): string {
    return join(this.folder, 'anchor');
  }

  async sealer(anchor: CheckpointAnchor = new FileCheckpointAnchor(this.anchor)): Promise<LogSealer> {
    return new Sealer(await loadCheckpointSigners(this.key, ORIGIN), anchor, new SilentMetrics());
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

export function openStore(url: string, sealer: LogSealer): PostgresLedgerStore {
  return new PostgresLedgerStore({
    url,
    sealer,
    rules: RULES,
    clock: { nowMs: () => NOW_SECONDS * 1000 },
    onFailure: () => undefined,
    onProgress: () => undefined,
  });
}

export interface RecordedLedger {
  readonly files: LogFiles;
  readonly database: TestDatabase;
}

/** The workflow of the tasks 1 to 10, each the parent of the next. */
export const WID = randomUUID();

/**
 * A ledger of 611 leaves, recorded as the service does: 10 tasks in a chain, 300 without parents, 300 of which each has one of those
 * before; three checkpoints.
 *
 * @param onSize called after each append, while nobody is connected
 */
export async function recordLedger(
  onSize: (size: number, database: TestDatabase) => Promise<void> = () => Promise.resolve(),
): Promise<RecordedLedger> {
  const files = await LogFiles.create();
  const database = await createTestDatabase();
  const chain = ids(10);
  const [roots, children] = [ids(300), ids(300)];
  const batches = [
    chain.map((jti, at) => token({ jti, wid: WID, par: chain.slice(Math.max(0, at - 1), at) })),
    roots.map((jti) => token({ jti })),
    children.map((jti, at) => token({ jti, par: roots.slice(at, at + 1) })),
  ];
  let size = 1;
  for (const batch of batches) {
    const store = openStore(database.url, await files.sealer());
    const outcomes = await store.append([await Promise.all(batch.map(verified))]);
    if (outcomes.flat().some(({ kind }) => kind !== 'recorded')) throw new Error('not recorded');
    await store.close();
    size += batch.length;
    await onSize(size, database);
  }
  return { files, database };
}

function ids(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

const TABLES = [
  'entry',
  'token',
  'edge',
  'verification_key',
  'leaf',
  'tile_hashes',
  'checkpoint',
  'trust_configuration',
];

/** Runs SQL as whoever owns the tables and everything else. */
export async function asSuperuser(
  url: string,
  work: (
    query: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>,
  ) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const table of TABLES) await client.query(`ALTER TABLE "${table}" DISABLE TRIGGER USER`);
    await work(
      async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows,
    );
  } finally {
    await client.end();
  }
}

/** `ect-ledger verify --deep` without the command line. */
export function deepVerify(
  url: string,
  files: LogFiles,
  request: Omit<DeepVerification, 'environment'> = {},
): Promise<AuditReport> {
  const environment = {
    DATABASE_URL: url,
    LEDGER_ORIGIN: ORIGIN,
    LEDGER_SIGNING_KEY_FILE: files.key,
    LEDGER_ANCHOR_FILE: files.anchor,
  };
  return verifyDeep({ ...request, environment });
}
