import type { Client } from 'pg';
import type { Clock } from '../../application/ports/clock.js';
import { TrustStore, type RevocationRequest } from '../../application/ports/trust-store.js';
import type { StoredRevocation } from '../../application/revocation-list.js';
import type { LogSealer, Seal } from '../../application/seal-log.js';
import { LedgerError } from '../../domain/errors.js';
import { equalBytes } from '../../domain/log/bytes.js';
import { leavesOfChange, trustConfiguration } from '../../domain/trust-configuration.js';
import { openTransaction } from './append-batch.js';
import type { AppendConnection } from './append-connection.js';
import { insertSeal, logInTransaction, queryOn } from './seal-batch.js';
import type { Query } from './statement.js';
import type { StoredRevocations } from './stored-revocations.js';

const INSERT_REVOCATION = `
  INSERT INTO "key_revocation" ("log", "number", "jkt", "at_ms", "reason") VALUES ($1, $2::bigint, $3, $4::bigint, $5)`;

const LAST_CONFIGURATION = `
  SELECT "number"::float8 AS "number", coalesce("index", -1) >= 0 AS "hasLeaf", "configuration" FROM "trust_configuration" WHERE "log" = $1 ORDER BY "number" DESC LIMIT 1`;

const INSERT_CONFIGURATION = `
  INSERT INTO "trust_configuration" ("log", "number", "index", "configuration", "recorded_at_ms")
  VALUES ($1, $2::bigint, $3::bigint, $4, $5::bigint)`;

/** The leaf of the last one without an index of its own stands right before that of the next. */
const CONFIGURATION_AT = `
  SELECT t."configuration" FROM "trust_configuration" t
   WHERE t."log" = $1 AND (t."index" = $2::bigint OR (coalesce(t."index", -1) < 0 AND EXISTS (
           SELECT 1 FROM "trust_configuration" n WHERE n."log" = $1 AND n."number" = t."number" + 1 AND n."index" = $2::bigint + 1)))`;

interface ConfigurationRow {
  readonly number: number;
  readonly hasLeaf: boolean;
  readonly configuration: Buffer;
}

export interface TrustStoreTools {
  readonly log: number;
  readonly appends: AppendConnection;
  readonly revocations: StoredRevocations;
  readonly sealer: LogSealer;
  /** On the reads' connections. */
  readonly query: Query;
  readonly clock: Clock;
  /** Wraps a failure of the database. */
  readonly guard: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Changes trust under the log's lock, so that no append of any instance runs beside it. */
export class PostgresTrustStore extends TrustStore {
  constructor(private readonly tools: TrustStoreTools) {
    super();
  }

  override revoke(
    request: RevocationRequest,
  ): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    const { appends, guard } = this.tools;
    return guard(() => appends.use((client) => this.revokeOn(client, request)));
  }

  override recordTrust(files: Uint8Array): Promise<void> {
    const { appends, guard, sealer } = this.tools;
    return guard(async () => {
      const seal = await appends.use((client) => this.recordOn(client, files));
      if (seal) await sealer.settle(seal);
    });
  }

  override async configurationAt(index: number): Promise<Uint8Array | undefined> {
    const [row] = await this.tools.query<{ configuration: Buffer }>(CONFIGURATION_AT, [
      this.tools.log,
      index,
    ]);
    return row?.configuration;
  }

  /** @returns what to settle; nothing where no leaf was written */
  private async recordOn(client: Client, files: Uint8Array): Promise<Seal | undefined> {
    const { log, revocations, sealer, clock } = this.tools;
    const head = await openTransaction(client, log);
    await revocations.forAppending(head.revocations, queryOn(client));
    const configuration = trustConfiguration(files, revocations.list.storedOnes);
    const {
      rows: [before],
    } = await client.query<ConfigurationRow>(LAST_CONFIGURATION, [log]);
    const row = [configuration, Math.max(clock.nowMs(), head.recordedAtMs)];
    if (before === undefined) await client.query(INSERT_CONFIGURATION, [log, 1, null, ...row]);
    if (before === undefined || equalBytes(before.configuration, configuration)) {
      await client.query('COMMIT');
      return undefined;
    }
    if (head.lastEntry === 0 && !before.hasLeaf) {
      // Nothing was recorded under the one before, so that no leaf is owed for it: an index below 0 says so.
      await client.query(INSERT_CONFIGURATION, [log, before.number + 1, -before.number, ...row]);
      await client.query('COMMIT');
      return undefined;
    }
    if (head.size === 0) throw new LedgerError('store-unavailable', 'the log was not begun yet');
    const leaves = leavesOfChange(before, configuration);
    const seal = await sealer.seal(logInTransaction(client, log), leaves);
    await insertSeal(client, log, head.size, leaves, seal);
    const index = head.size + leaves.length - 1;
    await client.query(INSERT_CONFIGURATION, [log, before.number + 1, index, ...row]);
    await client.query('COMMIT');
    return seal;
  }

  private async revokeOn(
    client: Client,
    { jkt, atMs, reason }: RevocationRequest,
  ): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    const { log, revocations, clock } = this.tools;
    const head = await openTransaction(client, log);
    await revocations.forAppending(head.revocations, queryOn(client));
    const revocation = { jkt, atMs: atMs ?? Math.max(clock.nowMs(), head.recordedAtMs), reason };
    const known = revocations.list.storedOf(jkt);
    const isNew = known === undefined || revocation.atMs < known.atMs;
    if (isNew)
      await client.query(INSERT_REVOCATION, [log, head.revocations + 1, jkt, revocation.atMs, reason]);
    await client.query('COMMIT');
    if (isNew) revocations.list.addStored(head.revocations, [revocation]);
    return { revocation: isNew ? revocation : known, isNew };
  }
}
