import { MAX_KEY_NAMES } from '../../application/ports/key-history.js';
import { inSight } from './visibility-sql.js';

/** What is told of keys; `asked` gives their "jkt" and "position". $1 log. Each costs a few index look-ups, however often it was used. */
const usedKeys = (asked: string) => `
  SELECT asked."jkt" AS "jkt", asked."position"::float8 AS "position", k."jwk" AS "jwk", first."alg" AS "alg",
         first."index"::float8 AS "firstIndex", first."recorded_at_ms"::float8 AS "firstUsedAtMs",
         last."index"::float8 AS "lastIndex", last."recorded_at_ms"::float8 AS "lastUsedAtMs", names."names" AS "names"
    FROM (${asked}) asked
    JOIN "verification_key" k ON k."log" = $1 AND k."jkt" = asked."jkt"
   CROSS JOIN LATERAL (
      SELECT e."index", e."recorded_at_ms", e."alg" FROM "entry" e WHERE e."log" = $1 AND e."jkt" = asked."jkt" ORDER BY e."index" LIMIT 1
   ) first
   CROSS JOIN LATERAL (
      SELECT e."index", e."recorded_at_ms" FROM "entry" e WHERE e."log" = $1 AND e."jkt" = asked."jkt" ORDER BY e."index" DESC LIMIT 1
   ) last
   CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('iss', u."iss", 'kid', u."kid", 'source', u."source") ORDER BY u."first_index") AS "names"
        FROM (SELECT * FROM "key_use" k WHERE k."log" = $1 AND k."jkt" = asked."jkt" ORDER BY k."first_index" LIMIT ${MAX_KEY_NAMES}) u
   ) names
   ORDER BY asked."position" DESC`;

/** The use that stands for a key on a page: its first, of those that `condition` on "u" lets through. $2 position, $3 limit. */
const page = (condition: string, isEarlier: string) => `
  SELECT u."jkt", u."first_index" AS "position" FROM "key_use" u
   WHERE u."log" = $1 AND u."first_index" < $2::bigint AND ${condition}
     AND NOT EXISTS (
        SELECT 1 FROM "key_use" o WHERE o."log" = $1 AND o."jkt" = u."jkt" AND o."first_index" < u."first_index" AND ${isEarlier}
     )
   ORDER BY u."first_index" DESC LIMIT $3`;

export const KEYS = usedKeys(page('true', 'true'));
export const KEYS_OF_ISSUER = usedKeys(page('u."iss" = $4', 'o."iss" = $4'));
export const KEY = usedKeys(`SELECT $2::text AS "jkt", 0 AS "position"`);

/**
 * As those, of the entries in sight by $6, $7. It goes through all of these, also for one key: what is out of sight must not take time either.
 * $1 log, $2 position, $3 limit, $4 issuer, $5 thumbprint, both null for any.
 */
export const KEYS_IN_SIGHT = `
  WITH seen AS MATERIALIZED (
    SELECT e."jkt", e."iss", e."kid", min(e."index") AS "first", max(e."index") AS "last"
      FROM "entry" e WHERE e."log" = $1 AND ${inSight('e', 6)} GROUP BY e."jkt", e."iss", e."kid"
  ), used AS (
    SELECT s."jkt", min(s."first") FILTER (WHERE $4::text IS NULL OR s."iss" = $4) AS "position",
           min(s."first") AS "first", max(s."last") AS "last"
      FROM seen s WHERE $5::text IS NULL OR s."jkt" = $5 GROUP BY s."jkt"
  )
  SELECT asked."jkt" AS "jkt", asked."position"::float8 AS "position", k."jwk" AS "jwk", first."alg" AS "alg",
         first."index"::float8 AS "firstIndex", first."recorded_at_ms"::float8 AS "firstUsedAtMs",
         last."index"::float8 AS "lastIndex", last."recorded_at_ms"::float8 AS "lastUsedAtMs", names."names" AS "names"
    FROM (SELECT * FROM used WHERE used."position" < $2::bigint ORDER BY used."position" DESC LIMIT $3) asked
    JOIN "verification_key" k ON k."log" = $1 AND k."jkt" = asked."jkt"
    JOIN "entry" first ON first."log" = $1 AND first."index" = asked."first"
    JOIN "entry" last ON last."log" = $1 AND last."index" = asked."last"
   CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('iss', s."iss", 'kid', s."kid", 'source', u."source") ORDER BY s."first") AS "names"
        FROM (SELECT * FROM seen WHERE seen."jkt" = asked."jkt" ORDER BY seen."first" LIMIT ${MAX_KEY_NAMES}) s
        JOIN "key_use" u ON u."log" = $1 AND u."jkt" = s."jkt" AND u."iss" = s."iss" AND u."kid" = s."kid"
   ) names
   ORDER BY asked."position" DESC`;
