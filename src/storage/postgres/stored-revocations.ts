import type { RevocationList, StoredRevocation } from '../../application/revocation-list.js';
import type { Revocations } from '../../domain/revocation.js';
import type { Query } from './statement.js';

const REVOCATIONS_AFTER = `
  SELECT "jkt", "at_ms"::float8 AS "atMs", "reason" FROM "key_revocation" WHERE "log" = $1 AND "number" > $2::bigint ORDER BY "number"`;

/** How old what a read shows may be; appends look each time. */
const FRESH_MS = 1_000;

/** Keeps the list of what is revoked up to date with the table, which only grows. */
export class StoredRevocations {
  private readAtMs = -Infinity;

  constructor(
    private readonly log: number,
    readonly list: RevocationList,
  ) {}

  /** For reads: what another instance stored shows within a second. */
  async forReading(query: Query): Promise<Revocations> {
    const now = performance.now();
    if (now - this.readAtMs >= FRESH_MS) {
      await this.load(query);
      this.readAtMs = now;
    }
    return this.list.current;
  }

  /** For an append: all of them. @param count how many there are, read under the log's lock */
  async forAppending(count: number, query: Query): Promise<Revocations> {
    if (count > this.list.storedCount) await this.load(query);
    return this.list.current;
  }

  private async load(query: Query): Promise<void> {
    const after = this.list.storedCount;
    this.list.addStored(after, await query<StoredRevocation>(REVOCATIONS_AFTER, [this.log, after]));
  }
}
