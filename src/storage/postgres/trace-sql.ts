import { inSight } from './visibility-sql.js';

/**
 * Graph queries. The recursive term carries the index only, so that `UNION` visits a node once; the outer LIMIT ends the recursion early,
 * and its rows come level by level. Depths are computed from the edges (`domain/dag/traversal.ts`). The inner LIMIT drops nothing, since
 * whoever has more neighbours fills the answer alone; it makes each step one look-up a node, where of a young log the planner thinks that
 * reading all edges is cheaper.
 */

/**
 * Nodes reachable from $2 in log $1 with their neighbours, nearest levels first, at most $3 of them; only below index $4.
 * Of a node with very many neighbours the $3 lowest are enough. $5, $6 what is in sight: nothing else is walked through.
 */
export const WALK = {
  ancestors: walk('child', 'parent'),
  descendants: walk('parent', 'child'),
} as const;

function walk(from: 'child' | 'parent', to: 'child' | 'parent'): string {
  const isInSight = edgeInSight(to, 5);
  return `
    WITH RECURSIVE walk("index") AS (
      SELECT $2::bigint
      UNION
      SELECT next."${to}" FROM walk w CROSS JOIN LATERAL (
         SELECT g."${to}" FROM "edge" g
          WHERE g."log" = $1 AND g."${from}" = w."index" AND g."${to}" < $4::bigint AND ${isInSight}
          ORDER BY g."${to}" LIMIT $3
      ) next
    )
    SELECT w."index"::float8 AS "index",
           array_to_string(ARRAY(
             SELECT g."${to}" FROM "edge" g
              WHERE g."log" = $1 AND g."${from}" = w."index" AND g."${to}" < $4::bigint AND ${isInSight}
              ORDER BY g."${to}" LIMIT $3
           ), ',') AS "neighbours"
      FROM (SELECT "index" FROM walk LIMIT $3) w`;
}

/** Whether the entry at one end of the edge `g` is in sight; the database drops the question where nothing limits it. */
function edgeInSight(end: 'child' | 'parent', first: number): string {
  return `($${first}::uuid[] IS NULL AND $${first + 1}::text[] IS NULL OR EXISTS (
           SELECT 1 FROM "entry" n WHERE n."log" = $1 AND n."index" = g."${end}" AND ${inSight('n', first)}))`;
}

/**
 * As `WALK.descendants`, from all tasks that key $2 signed, recorded at $4 or later: time never decreases with the index, so that one look-up
 * finds the first index of that time. The tasks signed come first; $3, $5, $6 as there.
 */
export const IMPACT = `
  WITH RECURSIVE walk("index", "isSigned") AS (
    (SELECT e."index", true FROM "entry" e
      WHERE e."log" = $1 AND e."jkt" = $2 AND ${inSight('e', 5)} AND e."index" >= (
              SELECT f."index" FROM "entry" f
               WHERE f."log" = $1 AND f."recorded_at_ms" >= $4::bigint ORDER BY f."recorded_at_ms", f."index" LIMIT 1
            )
      ORDER BY e."index" LIMIT $3)
    UNION
    SELECT next."child", false FROM walk w CROSS JOIN LATERAL (
       SELECT g."child" FROM "edge" g WHERE g."log" = $1 AND g."parent" = w."index" AND ${edgeInSight('child', 5)}
        ORDER BY g."child" LIMIT 2 * $3::bigint
    ) next
  )
  SELECT w."index"::float8 AS "index", bool_or(w."isSigned") AS "isSigned",
         array_to_string(ARRAY(
           SELECT g."child" FROM "edge" g WHERE g."log" = $1 AND g."parent" = w."index" AND ${edgeInSight('child', 5)}
            ORDER BY g."child" LIMIT $3
         ), ',') AS "neighbours"
    FROM (SELECT * FROM walk LIMIT 2 * $3::bigint) w
   GROUP BY w."index" ORDER BY w."index"`;

const NODE_COLUMNS = `e."jti"::text AS "jti", e."wid"::text AS "wid", e."index"::float8 AS "index", e."iss" AS "iss", e."exec_act" AS "execAct",
  e."iat"::float8 AS "iat", e."recorded_at_ms"::float8 AS "recordedAtMs", e."pol_decision" AS "polDecision",
  array_to_string(e."parents", ',') AS "parents", e."kid" AS "kid", e."jkt" AS "jkt"`;

/** $1 log; $2 indices. One look-up each, whatever the planner knows: of a young log it thinks that reading all of it is cheaper. */
export const NODES_AT = `
  SELECT node.*
    FROM unnest($2::bigint[]) AS asked("index")
   CROSS JOIN LATERAL (
      SELECT ${NODE_COLUMNS} FROM "entry" e WHERE e."log" = $1 AND e."index" = asked."index" LIMIT 1
   ) node`;

/** The first $3 tasks of workflow $2, and whether anything names them as parent; of what is in sight by $4, $5. */
export const WORKFLOW_NODES = `
  SELECT ${NODE_COLUMNS}, NOT EXISTS (
           SELECT 1 FROM "edge" g WHERE g."log" = $1 AND g."parent" = e."index" AND ${edgeInSight('child', 4)}) AS "isLeaf"
    FROM "entry" e WHERE e."log" = $1 AND e."wid" = $2::uuid AND ${inSight('e', 4)} ORDER BY e."index" LIMIT $3`;
