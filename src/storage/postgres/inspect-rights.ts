import { APPEND_ONLY_TABLES } from './ledger-tables.js';
import type { Query } from './statement.js';

/** Thrown in production where the service would run as a role that can change the ledger. */
export class DatabaseRoleError extends Error {
  override readonly name = 'DatabaseRoleError';

  constructor(excess: string) {
    super(
      `${excess}; NODE_ENV=production wants a role that inserts and reads only.\n` +
        '  Make one with "ect-ledger database roles", name it in DATABASE_URL, and the owner in DATABASE_MIGRATION_URL',
    );
  }
}

/** What the catalog says of the connected role and of what guards the ledger. */
export interface Rights {
  readonly role: string;
  /** What lets the role change the ledger, in words; `undefined` when nothing does. */
  readonly excess: string | undefined;
  /** Append-only tables on which the triggers that refuse changes are not all in force. */
  readonly unguarded: readonly string[];
}

/**
 * $1 the append-only tables. Trigger types are bits (pg_trigger.h): 27 BEFORE UPDATE OR DELETE FOR EACH ROW, 34 BEFORE TRUNCATE. A member of the
 * owner can become it; the schema's owner can drop what is in it.
 */
const INSPECT = `
  WITH ledger AS (SELECT t AS "name", to_regclass(quote_ident(t)) AS "id" FROM unnest($1::text[]) AS t)
  SELECT current_user::text AS "role", (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
         EXISTS (SELECT FROM pg_class c WHERE c.oid IN (SELECT "id" FROM ledger) AND pg_has_role(c.relowner, 'MEMBER'))
           OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = current_schema() AND pg_has_role(n.nspowner, 'MEMBER')) AS "isOwner",
         (SELECT string_agg(l."name", ',') FROM ledger l
           WHERE has_table_privilege(l."id", 'UPDATE, DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(l."id", 'UPDATE')) AS "changeable",
         (SELECT string_agg(l."name", ',') FROM ledger l
           WHERE 2 > (SELECT count(DISTINCT g.tgtype) FROM pg_trigger g
                       WHERE g.tgrelid = l."id" AND g.tgtype IN (27, 34) AND g.tgenabled = 'A' AND g.tgqual IS NULL
                         AND g.tgfoid = to_regproc('refuse_change'))) AS "unguarded"`;

interface RightsRow {
  readonly role: string;
  readonly isSuperuser: boolean;
  readonly isOwner: boolean;
  /** Names with commas between them, as are `unguarded`. */
  readonly changeable: string | null;
  readonly unguarded: string | null;
}

/** @throws whatever `query` throws */
export async function inspectRights(query: Query): Promise<Rights> {
  const [row] = await query<RightsRow>(INSPECT, [APPEND_ONLY_TABLES]);
  if (!row) throw new Error('the catalog does not answer');
  return { role: row.role, excess: excessOf(row), unguarded: row.unguarded?.split(',') ?? [] };
}

function excessOf({ role, isSuperuser, isOwner, changeable }: RightsRow): string | undefined {
  if (isSuperuser)
    return `the role ${role} is a superuser: nothing in the database keeps it from changing the ledger`;
  if (isOwner) return `the role ${role} owns the tables: it could disable the triggers that refuse changes`;
  return changeable === null ? undefined : `the role ${role} may change or delete: ${changeable}`;
}
