import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';
import type { Visibility } from '../../application/caller.js';
import type { EntryFilter, PageRequest, TaskQuery } from '../../application/ports/ledger-store.js';
import { restoreEntry, type Entry } from '../../domain/entry.js';
import type { ProfileName } from '../../domain/ect/profile.js';
import { LedgerError } from '../../domain/errors.js';
import type { KeyStatus } from '../../domain/key-status.js';
import { whereOf } from './entry-filter.js';
import { PrismaClient, type Prisma } from './generated/client.js';
import type { Query, Statement } from './statement.js';
import { inSight, sightParameters, whereInSight } from './visibility-sql.js';

/** $1 log; $2 `jti`; $3 whether in any workflow or none, else $4 the `wid`; $5 limit; $6, $7 what is in sight. */
const FIND: Statement = {
  name: 'find-entries',
  text: `
    SELECT e."index"::float8 AS "index", e."recorded_at_ms"::float8 AS "recordedAtMs", e."profile", e."alg", e."kid", e."jkt",
           t."ect" AS "token"
      FROM "entry" e
      LEFT JOIN "token" t ON t."log" = e."log" AND t."index" = e."index"
     WHERE e."log" = $1 AND e."jti" = $2::uuid AND ($3::boolean OR e."wid" IS NOT DISTINCT FROM $4::uuid) AND ${inSight('e', 6)}
     ORDER BY e."index" LIMIT $5`,
};

interface EntryRow {
  readonly index: number;
  readonly recordedAtMs: number;
  readonly profile: string;
  readonly alg: string;
  readonly kid: string;
  readonly jkt: string;
  readonly token: Uint8Array | null;
}

export interface EntryTools {
  readonly log: number;
  readonly pool: Pool;
  readonly query: Query;
  readonly guard: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly keyStatus: () => Promise<KeyStatus>;
}

/** Reads entries: one task in SQL, which is what most questions begin with, searches through Prisma. */
export class PostgresEntries {
  private readonly prisma: PrismaClient;

  constructor(private readonly tools: EntryTools) {
    this.prisma = new PrismaClient({ adapter: new PrismaPg(tools.pool) });
  }

  close(): Promise<void> {
    return this.prisma.$disconnect();
  }

  async find({ jti, wid }: TaskQuery, limit: number, visibility: Visibility): Promise<readonly Entry[]> {
    const { log, query, keyStatus } = this.tools;
    const values = [log, jti, wid === undefined, wid ?? null, limit, ...sightParameters(visibility)];
    const [rows, status] = await Promise.all([query<EntryRow>(FIND, values), keyStatus()]);
    return rows.map((row) => status.ofEntry(entryOf(row)));
  }

  search(filter: EntryFilter, page: PageRequest, visibility: Visibility): Promise<readonly Entry[]> {
    return this.findMany({
      where: { ...whereOf(this.tools.log, filter, page), AND: whereInSight(visibility) },
      orderBy: { index: page.order },
      take: page.limit,
    });
  }

  async at(index: number, visibility: Visibility): Promise<Entry | undefined> {
    const where = { log: this.tools.log, index: BigInt(index), AND: whereInSight(visibility) };
    return (await this.findMany({ where }))[0];
  }

  private async findMany(query: Prisma.EntryFindManyArgs): Promise<readonly Entry[]> {
    const { guard, keyStatus } = this.tools;
    const [rows, status] = await Promise.all([
      guard(() => this.prisma.entry.findMany({ ...query, include: { token: true } })),
      keyStatus(),
    ]);
    return rows.map(({ index, recordedAtMs, token, ...row }) =>
      status.ofEntry(
        entryOf({
          ...row,
          index: Number(index),
          recordedAtMs: Number(recordedAtMs),
          token: token?.ect ?? null,
        }),
      ),
    );
  }
}

function entryOf({ index, recordedAtMs, profile, alg, kid, jkt, token }: EntryRow): Entry {
  if (!token) throw new LedgerError('internal-error', `the entry at index ${index} has no token`);
  const ect = Buffer.from(token).toString('utf8');
  return restoreEntry({ index, recordedAtMs, ect, profile: profile as ProfileName, alg, kid, jkt });
}
