import type { Finding } from './application/audit-findings.js';
import { AuditLedger, type AuditOptions, type AuditReport } from './application/audit-ledger.js';
import { loadConfig, type Config } from './config.js';
import { decodeLeaf } from './domain/log/leaf.js';
import { nodeCrypto } from './domain/log/node-crypto.js';
import { parseVkey, type NoteKey } from './domain/log/note-key.js';
import { readCheckpointKeys } from './keys/ed25519-checkpoint-signer.js';
import { JwkSignatureVerifier } from './keys/jwk-signature-verifier.js';
import { thumbprintOf } from './keys/thumbprint.js';
import { FileCheckpointAnchor } from './storage/file/file-checkpoint-anchor.js';
import { borrowEmbeddedServer } from './storage/postgres/embedded-server.js';
import { PostgresAuditStore } from './storage/postgres/postgres-audit-store.js';

export type { AuditReport, Finding };

export interface DeepVerification extends AuditOptions {
  /** As the service reads it (`config.ts`): names the database, the key file and the anchor file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The log's public keys, where the key file is not at hand. */
  readonly vkeys?: readonly string[] | undefined;
  /** Told what the audit could not know from outside the database. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Composes the audit of everything stored: the storage without the service. Nothing is migrated or written, so that a role that may only
 * read is enough; the embedded server is used if it runs, else started and stopped again.
 *
 * @throws ConfigError, or whatever keeps it from reading
 */
export async function verifyDeep(request: DeepVerification): Promise<AuditReport> {
  const config = loadConfig(request.environment);
  if (config.store === 'memory') throw new Error('LEDGER_STORE=memory: nothing is stored');
  // Before the database's snapshot: then the database can't be behind it by right.
  const anchored = await new FileCheckpointAnchor(config.anchorFile).read();
  if (anchored === undefined)
    request.onNote?.(
      `there is no anchor at ${config.anchorFile}: a log cut off at its end would not be noticed`,
    );
  const database = await openDatabase(config);
  try {
    const store = await PostgresAuditStore.open(database.url);
    try {
      const keys = await findKeys(config, store, request);
      const signatures = new JwkSignatureVerifier();
      return await new AuditLedger({ store, signatures, thumbprintOf, keys, anchored }).run(request);
    } finally {
      await store.close();
    }
  } finally {
    await database.stop();
  }
}

async function openDatabase({
  databaseUrl,
  dataDir,
}: Config): Promise<{ url: string; stop(): Promise<void> }> {
  if (databaseUrl !== undefined) return { url: databaseUrl, stop: () => Promise.resolve() };
  const server = await borrowEmbeddedServer({ dataDir, log: () => undefined });
  return { url: server.urlAs('reader'), stop: () => server.stop() };
}

/** The given keys, else the key file's; what the log says of itself only when there is nothing else to believe. */
async function findKeys(
  config: Config,
  store: PostgresAuditStore,
  { vkeys = [], onNote }: DeepVerification,
): Promise<readonly NoteKey[]> {
  if (vkeys.length > 0) return Promise.all(vkeys.map((vkey) => parseVkey(vkey, nodeCrypto.sha256)));
  const own = await readCheckpointKeys(config.signingKeyFile, config.origin);
  if (own.length > 0) return own;
  onNote?.(
    `there is no key at ${config.signingKeyFile}: the key that the log's first leaf names is believed; give the log's with --vkey`,
  );
  const [place] = await store.places(0, 1);
  return place?.leaf === undefined ? [] : genesisKey(place.leaf);
}

/** Nothing where the leaf is damaged: then no checkpoint can be believed, and the audit says so. */
async function genesisKey(bytes: Uint8Array): Promise<readonly NoteKey[]> {
  try {
    const leaf = decodeLeaf(bytes);
    return leaf.kind === 'genesis' ? [await parseVkey(leaf.vkey, nodeCrypto.sha256)] : [];
  } catch {
    return [];
  }
}
