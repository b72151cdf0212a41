import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { Seal } from '../../application/seal-log.js';
import { encodeLeaf } from '../../domain/log/leaf.js';
import { insertSeal, logInTransaction } from './seal-batch.js';
import type { AppendContext } from './append-batch.js';

/** Entries sealed with one checkpoint. */
const CHUNK = 10_000;

const RECORDED = `
  SELECT e."index"::float8 AS "index", e."jti"::text AS "jti", e."jkt" AS "jkt", encode(e."digest", 'base64') AS "digest",
         e."recorded_at_ms"::float8 AS "recordedAtMs", t."ect" AS "ect"
    FROM "entry" e LEFT JOIN "token" t USING ("log", "index")
   WHERE e."log" = $1 AND e."index" > $2 ORDER BY e."index" LIMIT ${CHUNK}`;

interface RecordedRow {
  readonly index: number;
  readonly jti: string;
  readonly jkt: string;
  readonly digest: string;
  readonly recordedAtMs: number;
  readonly ect: Buffer | null;
}

/**
 * Builds the tree for entries that were recorded before there was one, inside the caller's transaction: all of it or nothing.
 *
 * @throws Error that names the first entry whose token does not match it
 */
export async function sealRecorded(
  client: Client,
  last: number,
  context: AppendContext,
): Promise<Seal | undefined> {
  let seal: Seal | undefined;
  for (let done = 0; done < last;) {
    const { rows } = await client.query<RecordedRow>(RECORDED, [context.log, done]);
    if (rows.length === 0)
      throw new Error(`the entries after index ${done} are missing: the log was not begun`);
    const leaves = rows.map((row, i) => leafOfRow(row, done + i + 1));
    const withGenesis = done === 0 ? [context.sealer.genesis(), ...leaves] : leaves;
    seal = await context.sealer.seal(logInTransaction(client, context.log), withGenesis);
    await insertSeal(client, context.log, done === 0 ? 0 : done + 1, withGenesis, seal);
    done += rows.length;
    context.onProgress(`building the log: ${done} of ${last} entries`);
  }
  return seal;
}

function leafOfRow(
  { index, jti, jkt, digest, recordedAtMs, ect }: RecordedRow,
  expected: number,
): Uint8Array {
  if (index !== expected) throw new Error(`the entry at index ${expected} is missing: the log was not begun`);
  const actual = ect && createHash('sha256').update(ect).digest('base64');
  if (actual !== digest)
    throw new Error(`the token at index ${index} is not the one that was recorded: the log was not begun`);
  return encodeLeaf({
    kind: 'ect',
    jti,
    digest: Buffer.from(actual, 'base64').toString('base64url'),
    jkt,
    recordedAtMs,
  });
}
