import { escapeIdentifier, escapeLiteral } from 'pg';
import { APPEND_ONLY_TABLES, MIGRATIONS_TABLE, PASSING_TABLES } from './ledger-tables.js';

/** A role that logs in. */
export interface Login {
  readonly name: string;
  /** A SCRAM verifier; without one the role keeps the password that it has. */
  readonly verifier?: string | undefined;
}

/** Who may do what (`docs/operations.md`, "Database roles"). */
export interface Logins {
  /** Owns the tables and migrates. */
  readonly owner: Login;
  /** Inserts and reads: the service. */
  readonly app: Login;
  /** Reads: audits. */
  readonly reader: Login;
}

const list = (names: readonly string[]): string => names.map((name) => escapeLiteral(name)).join(', ');

/**
 * Gives the roles exactly their rights on all tables that there are. Who they are the owner's default privileges say, so it needs no names and
 * can run after every migration. Changes nothing for a role that is no owner of the tables.
 */
export const GRANT_RIGHTS = `
DO $$
DECLARE
  owner oid := (SELECT relowner FROM pg_class WHERE oid = to_regclass('entry'));
  rights text;
  role record;
  target record;
BEGIN
  IF owner IS NULL OR NOT pg_has_role(owner, 'USAGE') THEN RETURN; END IF;
  FOR role IN
    SELECT a.grantee::regrole::text AS name, bool_or(a.privilege_type = 'INSERT') AS writes
      FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
     WHERE d.defaclrole = owner AND d.defaclobjtype = 'r' AND d.defaclnamespace = to_regnamespace(quote_ident(current_schema()))
       AND a.grantee NOT IN (0, owner)
     GROUP BY a.grantee
  LOOP
    FOR target IN
      SELECT c.oid::regclass::text AS name, c.relname FROM pg_class c
       WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relkind = 'r' AND c.relowner = owner
    LOOP
      rights := CASE
        WHEN target.relname IN (${list(APPEND_ONLY_TABLES)}) THEN CASE WHEN role.writes THEN 'SELECT, INSERT' ELSE 'SELECT' END
        WHEN target.relname IN (${list(PASSING_TABLES)}) AND role.writes THEN 'SELECT, INSERT, UPDATE, DELETE'
        WHEN target.relname = ${escapeLiteral(MIGRATIONS_TABLE)} THEN 'SELECT'
      END;
      EXECUTE format('REVOKE ALL ON %s FROM %s', target.name, role.name);
      IF rights IS NOT NULL THEN EXECUTE format('GRANT %s ON %s TO %s', rights, target.name, role.name); END IF;
    END LOOP;
  END LOOP;
END
$$;`;

/** One script that makes the roles and gives them their rights, on an empty database or one that is in use. May be run again at any time. */
export function rolesSql({ owner, app, reader }: Logins): string {
  return [
    ...[owner, app, reader].map(roleSql),
    ownershipSql(owner.name),
    schemaSql(owner.name, [app.name, reader.name]),
    defaultsSql(owner.name, app.name, 'SELECT, INSERT'),
    defaultsSql(owner.name, reader.name, 'SELECT'),
    GRANT_RIGHTS.trim(),
  ].join('\n\n');
}

function roleSql({ name, verifier }: Login): string {
  const create = `DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(name)}) THEN
    CREATE ROLE ${escapeIdentifier(name)} LOGIN;
  END IF;
END
$$;`;
  if (verifier === undefined) return create;
  return `${create}\nALTER ROLE ${escapeIdentifier(name)} PASSWORD ${escapeLiteral(verifier)};`;
}

/** Tables that another role made, such as that of a set-up with a single role, go over to the owner. */
function ownershipSql(owner: string): string {
  const tables = list([...APPEND_ONLY_TABLES, ...PASSING_TABLES, MIGRATIONS_TABLE]);
  const role = escapeLiteral(owner);
  return `DO $$
DECLARE
  target record;
BEGIN
  IF NOT pg_has_role(${role}, 'USAGE') THEN EXECUTE format('GRANT %I TO CURRENT_USER', ${role}); END IF;
  IF NOT has_schema_privilege(${role}, current_schema(), 'CREATE') OR NOT has_schema_privilege(${role}, current_schema(), 'USAGE') THEN
    EXECUTE format('GRANT CREATE, USAGE ON SCHEMA %I TO %I', current_schema(), ${role});
  END IF;
  FOR target IN
    SELECT format('TABLE %s', c.oid::regclass) AS name FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relname IN (${tables})
       AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = ${role})
    UNION ALL
    SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
     WHERE p.oid = to_regproc('refuse_change') AND p.proowner <> (SELECT oid FROM pg_roles WHERE rolname = ${role})
  LOOP
    EXECUTE format('ALTER %s OWNER TO %I', target.name, ${role});
  END LOOP;
END
$$;`;
}

/** The schema of the ledger is the owner's to make tables in, and the others' to look into. */
function schemaSql(owner: string, others: readonly string[]): string {
  const checks = others.map((name) => {
    const role = escapeLiteral(name);
    return `  IF NOT has_schema_privilege(${role}, current_schema(), 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), ${role});
  END IF;
  IF has_schema_privilege(${role}, current_schema(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO %I', current_schema(), ${escapeLiteral(owner)});
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', current_schema(), ${role});
  END IF;`;
  });
  return `DO $$\nBEGIN\n${checks.join('\n')}\nEND\n$$;`;
}

function defaultsSql(owner: string, name: string, rights: string): string {
  const change = (what: string): string =>
    `  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I ${what} %I', ${escapeLiteral(owner)}, current_schema(), ${escapeLiteral(name)});`;
  return `DO $$\nBEGIN\n${change('REVOKE ALL ON TABLES FROM')}\n${change(`GRANT ${rights} ON TABLES TO`)}\nEND\n$$;`;
}
