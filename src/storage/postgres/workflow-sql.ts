import { inSight } from './visibility-sql.js';

/**
 * Workflows of log $1 by their first entry, newest first, at most $2, started before index $3. Each costs a few index look-ups however large
 * it is: the last entry knows the count, and the issuers are skipped through one by one.
 */
export const WORKFLOWS = workflows('');

/** As `WORKFLOWS`, of those in which an issuer of $4 took part. */
export const WORKFLOWS_OF_ISSUERS = workflows(`
     AND EXISTS (SELECT 1 FROM "entry" i WHERE i."log" = $1 AND i."wid" = first."wid" AND i."iss" = ANY($4::text[]))`);

function workflows(condition: string): string {
  return `
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
   WHERE first."log" = $1 AND first."workflow_position" = 1 AND first."index" < $3::bigint${condition}
   ORDER BY first."index" DESC LIMIT $2`;
}

/** As `WORKFLOWS`, of what is in sight by $4, $5 and, unless null, of issuers $6: it counts the tasks, since those out of sight have their positions too. */
export const WORKFLOWS_IN_SIGHT = `
  SELECT first."wid"::text AS "wid", seen."entries"::float8 AS "entries", first."index"::float8 AS "firstIndex",
         first."recorded_at_ms"::float8 AS "firstRecordedAtMs", seen."last"::float8 AS "lastRecordedAtMs", seen."issuers" AS "issuers"
    FROM (
      SELECT e."wid", e."index", e."recorded_at_ms" FROM "entry" e
       WHERE e."log" = $1 AND e."wid" IS NOT NULL AND e."index" < $3::bigint AND ${inSight('e', 4)}
         AND NOT EXISTS (
               SELECT 1 FROM "entry" b WHERE b."log" = $1 AND b."wid" = e."wid" AND b."index" < e."index" AND ${inSight('b', 4)})
         AND ($6::text[] IS NULL OR EXISTS (
               SELECT 1 FROM "entry" i WHERE i."log" = $1 AND i."wid" = e."wid" AND i."iss" = ANY($6) AND ${inSight('i', 4)}))
       ORDER BY e."index" DESC LIMIT $2
    ) first
   CROSS JOIN LATERAL (
      SELECT count(*) AS "entries", max(e."recorded_at_ms") AS "last", array_agg(DISTINCT e."iss" ORDER BY e."iss") AS "issuers"
        FROM "entry" e WHERE e."log" = $1 AND e."wid" = first."wid" AND ${inSight('e', 4)}
   ) seen
   ORDER BY first."index" DESC`;

/**
 * Of each of the workflows $2 whether it has a task that was rejected, one that waits, and one whose key is among the thumbprints $5 or the
 * names $6 (issuers) and $7 (their `kid`s); of what is in sight by $3, $4. A revoked key is looked for only where an issuer that used it took part.
 */
export const WORKFLOW_FLAGS = `
  WITH revoked AS MATERIALIZED (
    SELECT u."jkt", u."iss", u."kid" FROM "key_use" u WHERE u."log" = $1 AND u."jkt" = ANY($5::text[])
    UNION
    SELECT u."jkt", u."iss", u."kid" FROM unnest($6::text[], $7::text[]) AS named("iss", "kid")
      JOIN "key_use" u ON u."log" = $1 AND u."iss" = named."iss" AND u."kid" = named."kid"
  )
  SELECT asked."wid"::text AS "wid", ${hasDecision('rejected')} AS "isRejected", ${hasDecision('pending_human_review')} AS "isPending",
         EXISTS (
           SELECT 1 FROM revoked r JOIN "entry" e ON e."log" = $1 AND e."wid" = asked."wid" AND e."iss" = r."iss"
            WHERE e."jkt" = r."jkt" AND e."kid" = r."kid" AND ${inSight('e', 3)}) AS "isRevoked"
    FROM unnest($2::uuid[]) AS asked("wid")`;

function hasDecision(decision: string): string {
  return `EXISTS (
           SELECT 1 FROM "entry" e
            WHERE e."log" = $1 AND e."wid" = asked."wid" AND e."pol_decision" = '${decision}' AND ${inSight('e', 3)})`;
}
