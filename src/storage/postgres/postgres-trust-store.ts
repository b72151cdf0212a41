import type { Client } from 'pg';
import type { Clock } from '../../application/ports/clock.js';
import { TrustStore, type RevocationRequest } from '../../application/ports/trust-store.js';
import type { StoredRevocation } from '../../application/revocation-list.js';
import { openTransaction } from './append-batch.js';
import type { AppendConnection } from './append-connection.js';
import { queryOn } from './seal-batch.js';
import type { StoredRevocations } from './stored-revocations.js';

const INSERT_REVOCATION = `
  INSERT INTO "key_revocation" ("log", "number", "jkt", "at_ms", "reason") VALUES ($1, $2::bigint, $3, $4::bigint, $5)`;

export interface TrustStoreTools {
  readonly log: number;
  readonly appends: AppendConnection;
  readonly revocations: StoredRevocations;
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
