/**
 * What an audit reads, as it is stored. $1 is the log everywhere.
 */

export const EXTENT = `
  SELECT (SELECT coalesce(max("index") + 1, 0)::float8 FROM "leaf" WHERE "log" = $1) AS "leaves",
         (SELECT coalesce(max("index") + 1, 0)::float8 FROM "entry" WHERE "log" = $1) AS "entries",
         (SELECT coalesce(max("index") + 1, 0)::float8 FROM "token" WHERE "log" = $1) AS "tokens",
         (SELECT coalesce(max("child") + 1, 0)::float8 FROM "edge" WHERE "log" = $1) AS "edges",
         (SELECT "note" FROM "checkpoint" WHERE "log" = $1 ORDER BY "size" DESC LIMIT 1) AS "newestCheckpoint"`;

/** Number of hashes by level. */
export const HASHES = `
  SELECT coalesce((SELECT t."tile" * 256 + t."offset" + octet_length(t."hashes") / 32 FROM "tile_hashes" t
                    WHERE t."log" = $1 AND t."level" = l."level" ORDER BY t."tile" DESC, t."offset" DESC LIMIT 1), 0)::float8 AS "hashes"
    FROM generate_series(0, 63) AS l("level") ORDER BY l."level"`;

/** $2, $3 first index and the one after the last. */
export const LEAVES = `
  SELECT "index"::float8 AS "index", "leaf" FROM "leaf" WHERE "log" = $1 AND "index" >= $2::bigint AND "index" < $3::bigint`;

export const ENTRIES = `
  SELECT "index"::float8 AS "index", "jti"::text AS "jti", "wid"::text AS "wid", "workflow_position"::float8 AS "workflowPosition",
         "iss", "exec_act" AS "execAct", "iat"::float8 AS "iat", "pol_decision" AS "polDecision",
         array_to_string("parents", ',') AS "parents", "profile", "alg", "kid", "jkt", "digest",
         "recorded_at_ms"::float8 AS "recordedAtMs"
    FROM "entry" WHERE "log" = $1 AND "index" >= $2::bigint AND "index" < $3::bigint`;

/** The leaf of the last one without an index of its own stands right before that of the next. */
export const CONFIGURATIONS = `
  SELECT place."index"::float8 AS "index", t."configuration"
    FROM "trust_configuration" t
    LEFT JOIN "trust_configuration" n ON n."log" = t."log" AND n."number" = t."number" + 1
   CROSS JOIN LATERAL (SELECT CASE WHEN t."index" >= 0 THEN t."index" ELSE n."index" - 1 END AS "index") place
   WHERE t."log" = $1 AND place."index" >= $2::bigint AND place."index" < $3::bigint`;

export const TOKENS = `
  SELECT "index"::float8 AS "index", "ect" FROM "token" WHERE "log" = $1 AND "index" >= $2::bigint AND "index" < $3::bigint`;

export const EDGES = `
  SELECT "child"::float8 AS "child", "parent"::float8 AS "parent"
    FROM "edge" WHERE "log" = $1 AND "child" >= $2::bigint AND "child" < $3::bigint ORDER BY "child", "parent"`;

/** $2, $3 sizes: above, up to. */
export const CHECKPOINTS = `
  SELECT "size"::float8 AS "size", "note" FROM "checkpoint"
   WHERE "log" = $1 AND "size" > $2::bigint AND "size" <= $3::bigint ORDER BY "size"`;

/** $2 thumbprints. */
export const KEYS = `SELECT "jkt", "jwk" FROM "verification_key" WHERE "log" = $1 AND "jkt" = ANY($2::text[])`;

/** $2 child, $3 `jti` of the parent, $4 `wid`, one array each. */
export const CANDIDATES = `
  SELECT asked."place"::float8 - 1 AS "place", e."index"::float8 AS "index"
    FROM unnest($2::bigint[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS asked("child", "jti", "wid", "place")
   CROSS JOIN LATERAL (
      (SELECT f."index" FROM "entry" f WHERE f."log" = $1 AND f."jti" = asked."jti" AND f."wid" = asked."wid" LIMIT 2)
      UNION ALL
      (SELECT f."index" FROM "entry" f
        WHERE asked."wid" IS NULL AND f."log" = $1 AND f."jti" = asked."jti" AND f."index" < asked."child" LIMIT 2)
   ) e ORDER BY asked."place", e."index"`;

export const TWINS = `
  SELECT e."index"::float8 AS "index", o."index"::float8 AS "earlier"
    FROM "entry" e JOIN "entry" o
      ON o."log" = e."log" AND o."jti" = e."jti" AND o."index" < e."index" AND (e."wid" IS NULL OR o."wid" = e."wid")
   WHERE e."log" = $1 AND e."index" >= $2::bigint AND e."index" < $3::bigint ORDER BY e."index", o."index"`;

/** $2 `wid`s, $3 index. */
export const POSITIONS_BEFORE = `
  SELECT asked."wid"::text AS "wid", last."workflow_position"::float8 AS "position"
    FROM unnest($2::uuid[]) AS asked("wid")
   CROSS JOIN LATERAL (
      SELECT e."workflow_position" FROM "entry" e
       WHERE e."log" = $1 AND e."wid" = asked."wid" AND e."index" < $3::bigint ORDER BY e."index" DESC LIMIT 1
   ) last`;

export const RECORDED_BEFORE = `
  SELECT "recorded_at_ms"::float8 AS "recordedAtMs" FROM "entry"
   WHERE "log" = $1 AND "index" < $2::bigint ORDER BY "index" DESC LIMIT 1`;
