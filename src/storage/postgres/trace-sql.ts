/**
 * Graph queries. The recursive term carries the index only, so that `UNION` visits a node once; the outer LIMIT ends the recursion early,
 * and its rows come level by level. Depths are computed from the edges (`domain/dag/traversal.ts`).
 */

/**
 * Nodes reachable from $2 in log $1 with their neighbours, nearest levels first, at most $3 of them; only below index $4.
 * Of a node with very many neighbours the $3 lowest are enough.
 */
export const WALK = {
  ancestors: walk('child', 'parent'),
  descendants: walk('parent', 'child'),
} as const;

function walk(from: 'child' | 'parent', to: 'child' | 'parent'): string {
  return `
    WITH RECURSIVE walk("index") AS (
      SELECT $2::bigint
      UNION
      SELECT g."${to}" FROM walk w JOIN "edge" g ON g."log" = $1 AND g."${from}" = w."index" AND g."${to}" < $4::bigint
    )
    SELECT w."index"::float8 AS "index",
           array_to_string(ARRAY(
             SELECT g."${to}" FROM "edge" g
              WHERE g."log" = $1 AND g."${from}" = w."index" AND g."${to}" < $4::bigint ORDER BY g."${to}" LIMIT $3
           ), ',') AS "neighbours"
      FROM (SELECT "index" FROM walk LIMIT $3) w`;
}

const NODE_COLUMNS = `e."jti"::text AS "jti", e."wid"::text AS "wid", e."index"::float8 AS "index", e."iss" AS "iss", e."exec_act" AS "execAct",
  e."iat"::float8 AS "iat", e."recorded_at_ms"::float8 AS "recordedAtMs", e."pol_decision" AS "polDecision",
  array_to_string(e."parents", ',') AS "parents"`;

/** $1 log; $2 indices. One look-up each, whatever the planner knows: of a young log it thinks that reading all of it is cheaper. */
export const NODES_AT = `
  SELECT node.*
    FROM unnest($2::bigint[]) AS asked("index")
   CROSS JOIN LATERAL (
      SELECT ${NODE_COLUMNS} FROM "entry" e WHERE e."log" = $1 AND e."index" = asked."index" LIMIT 1
   ) node`;

/** The first $3 tasks of workflow $2, and whether anything names them as parent. */
export const WORKFLOW_NODES = `
  SELECT ${NODE_COLUMNS}, NOT EXISTS (SELECT 1 FROM "edge" g WHERE g."log" = $1 AND g."parent" = e."index") AS "isLeaf"
    FROM "entry" e WHERE e."log" = $1 AND e."wid" = $2::uuid ORDER BY e."index" LIMIT $3`;

/**
 * Workflows of log $1 by their first entry, newest first, at most $2, started before index $3. Each costs a few index look-ups however large
 * it is: the last entry knows the count, and the issuers are skipped through one by one.
 */
export const WORKFLOWS = `
  SELECT first."wid"::text AS "wid", last."workflow_position"::float8 AS "entries", first."index"::float8 AS "firstIndex",
         first."recorded_at_ms"::float8 AS "firstRecordedAtMs", last."recorded_at_ms"::float8 AS "lastRecordedAtMs", issuers."issuers" AS "issuers"
    FROM "entry" first
   CROSS JOIN LATERAL (
      SELECT e."workflow_position", e."recorded_at_ms" FROM "entry" e
       WHERE e."log" = $1 AND e."wid" = first."wid" ORDER BY e."index" DESC LIMIT 1
   ) last
   CROSS JOIN LATERAL (
      WITH RECURSIVE skip("iss") AS (
        SELECT min(e."iss") FROM "entry" e WHERE e."log" = $1 AND e."wid" = first."wid"
        UNION ALL
        SELECT (SELECT min(e."iss") FROM "entry" e WHERE e."log" = $1 AND e."wid" = first."wid" AND e."iss" > s."iss")
          FROM skip s WHERE s."iss" IS NOT NULL
      )
      SELECT array_agg(s."iss" ORDER BY s."iss") AS "issuers" FROM skip s WHERE s."iss" IS NOT NULL
   ) issuers
   WHERE first."log" = $1 AND first."workflow_position" = 1 AND first."index" < $3::bigint
   ORDER BY first."index" DESC LIMIT $2`;
