import type { Statement } from './statement.js';

/**
 * The append transaction in SQL. Batches travel as one array a column, never as a placeholder a value. Statements have names, so that the
 * server plans each once a connection: planning them costs more than running them for a small batch.
 */

/** First key of the advisory lock that orders appends ("ECTL" in ASCII); the second is the log. */
const LOCK_CLASS = 0x4543_544c;

/** Two statements in one message. The lock is one of its own, so that whatever comes after it has a snapshot taken under the lock. */
export function openAppend(log: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${LOCK_CLASS}, ${log})`;
}

/**
 * Where the log stands. $1 log. The last entry is ordered by the column itself: by its bare name the result's float would be meant, which no
 * index serves.
 */
export const READ_HEAD: Statement = {
  name: 'read-head',
  text: `
    SELECT head."size"::float8 AS "size", c."note" AS "checkpoint", coalesce(last."index", 0)::float8 AS "lastEntry",
           coalesce(last."recorded_at_ms", 0)::float8 AS "recordedAtMs",
           coalesce((SELECT max(r."number") FROM "key_revocation" r WHERE r."log" = $1), 0)::float8 AS "revocations"
      FROM (SELECT coalesce((SELECT max(l."index") + 1 FROM "leaf" l WHERE l."log" = $1), 0) AS "size") head
      LEFT JOIN (SELECT e."index", e."recorded_at_ms" FROM "entry" e WHERE e."log" = $1 ORDER BY e."index" DESC LIMIT 1) last ON true
      LEFT JOIN "checkpoint" c ON c."log" = $1 AND c."size" = head."size"`,
};

const TASK_COLUMNS = `e."jti"::text AS "jti", e."wid"::text AS "wid", e."index"::float8 AS "index", e."iat"::float8 AS "iat",
  e."pol_decision" AS "polDecision", encode(e."digest", 'base64') AS "digest", e."recorded_at_ms"::float8 AS "recordedAtMs", e."jkt" AS "jkt"`;

/**
 * What the DAG rules ask of tasks in workflows. $1 log; $2, $3 `jti`s and their `wid`s, no pair twice. LIMIT makes it one look-up a pair,
 * whatever the planner knows: of a young log it thinks that reading all of it for a join is cheaper.
 */
export const FIND_TASKS_IN_WORKFLOWS: Statement = {
  name: 'find-tasks-in-workflows',
  text: `
  SELECT task.*
    FROM unnest($2::uuid[], $3::uuid[]) AS asked("jti", "wid")
   CROSS JOIN LATERAL (
      SELECT ${TASK_COLUMNS} FROM "entry" e WHERE e."log" = $1 AND e."jti" = asked."jti" AND e."wid" = asked."wid" LIMIT 1
   ) task`,
};

/**
 * What they ask of tasks anywhere. $1 log; $2 `jti`s: the one without a workflow and two others are enough to tell "none", "one" and
 * "ambiguous".
 */
export const FIND_TASKS_ANYWHERE: Statement = {
  name: 'find-tasks-anywhere',
  text: `
  SELECT ${TASK_COLUMNS}
    FROM unnest($2::uuid[]) AS asked("jti")
   CROSS JOIN LATERAL (
      (SELECT * FROM "entry" f WHERE f."log" = $1 AND f."jti" = asked."jti" AND f."wid" IS NULL)
      UNION ALL
      (SELECT * FROM "entry" f WHERE f."log" = $1 AND f."jti" = asked."jti" AND f."wid" IS NOT NULL LIMIT 2)
   ) e`,
};

/** How many entries each workflow has so far. $1 log; $2 `wid`s. */
export const FIND_WORKFLOW_POSITIONS: Statement = {
  name: 'find-workflow-positions',
  text: `
  SELECT asked."wid"::text AS "wid", last."workflow_position"::float8 AS "position"
    FROM unnest($2::uuid[]) AS asked("wid")
   CROSS JOIN LATERAL (
      SELECT e."workflow_position" FROM "entry" e
       WHERE e."log" = $1 AND e."wid" = asked."wid" ORDER BY e."index" DESC LIMIT 1
   ) last`,
};

/**
 * Entries, tokens, edges and keys of a batch in one statement.
 * $1 log; $2–$17 one array a column of the entries, tokens last; $18, $19 edges; $20–$25 keys with their names. A name is stored at its first
 * use: nobody else can store it meanwhile, since the log's lock is held.
 */
export const INSERT_BATCH: Statement = {
  name: 'insert-batch',
  text: `
  WITH entries AS (
    INSERT INTO "entry" ("log", "index", "jti", "wid", "workflow_position", "iss", "exec_act", "iat", "pol_decision", "parents",
                         "profile", "alg", "kid", "jkt", "digest", "recorded_at_ms")
    SELECT $1, b."index", b."jti", b."wid", b."position", b."iss", b."act", b."iat", b."decision", b."parents"::uuid[],
           b."profile", b."alg", b."kid", b."jkt", decode(b."digest", 'base64'), b."at"
      FROM unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[],
                  $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[])
        AS b("index", "jti", "wid", "position", "iss", "act", "iat", "decision", "parents",
             "profile", "alg", "kid", "jkt", "digest", "at")
  ), tokens AS (
    INSERT INTO "token" ("log", "index", "ect")
    SELECT $1, b."index", convert_to(b."ect", 'UTF8') FROM unnest($2::bigint[], $17::text[]) AS b("index", "ect")
  ), keys AS (
    INSERT INTO "verification_key" ("log", "jkt", "jwk")
    SELECT $1, k."jkt", k."jwk" FROM unnest($20::text[], $21::text[]) AS k("jkt", "jwk")
    ON CONFLICT DO NOTHING
  ), uses AS (
    INSERT INTO "key_use" ("log", "jkt", "first_index", "iss", "kid", "source")
    SELECT $1, u.*
      FROM unnest($20::text[], $22::bigint[], $23::text[], $24::text[], $25::text[]) AS u("jkt", "first", "iss", "kid", "source")
     WHERE NOT EXISTS (
        SELECT 1 FROM "key_use" k WHERE k."log" = $1 AND k."jkt" = u."jkt" AND k."iss" = u."iss" AND k."kid" = u."kid"
     )
  )
  INSERT INTO "edge" ("log", "child", "parent")
  SELECT $1, g."child", g."parent" FROM unnest($18::bigint[], $19::bigint[]) AS g("child", "parent")`,
};

/** Leaves of a batch. $1 log; $2 index of the first; $3 leaves as hex. */
export const INSERT_LEAVES: Statement = {
  name: 'insert-leaves',
  text: `
  INSERT INTO "leaf" ("log", "index", "leaf")
  SELECT $1, $2::bigint + b."place" - 1, decode(b."leaf", 'hex') FROM unnest($3::text[]) WITH ORDINALITY AS b("leaf", "place")`,
};

/** What the tree gained. $1 log; $2–$5 level, tile, offset and hashes (hex) of each row; $6, $7 size and note of the checkpoint. */
export const INSERT_GROWTH: Statement = {
  name: 'insert-growth',
  text: `
  WITH tiles AS (
    INSERT INTO "tile_hashes" ("log", "level", "tile", "offset", "hashes")
    SELECT $1, b."level", b."tile", b."offset", decode(b."hashes", 'hex')
      FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::text[]) AS b("level", "tile", "offset", "hashes")
  )
  INSERT INTO "checkpoint" ("log", "size", "note") VALUES ($1, $6, $7)`,
};
