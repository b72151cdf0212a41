import type { Client } from 'pg';
import type { Seal } from '../../application/seal-log.js';
import type { AppendContext } from './append-batch.js';
import { INSERT_GROWTH, INSERT_LEAVES } from './append-sql.js';
import { storedLog, type Query } from './stored-log.js';

/** Seals leaves on top of what the transaction sees; without leaves it only sees to it that the log may be signed. */
export async function sealBatch(
  client: Client,
  leaves: readonly Uint8Array[],
  { log, sealer }: AppendContext,
): Promise<Seal | undefined> {
  const query: Query = async <Row extends object>(sql: string, values: readonly unknown[]) =>
    (await client.query<Row & Record<string, unknown>>(sql, [...values])).rows;
  const stored = storedLog(query, log);
  if (leaves.length > 0) return sealer.seal(stored, leaves);
  await sealer.takeUp(stored);
  return undefined;
}

/** Stores what a seal added, beside the entries it is about. */
export async function insertSeal(
  client: Client,
  log: number,
  first: number,
  leaves: readonly Uint8Array[],
  { growth, checkpoint }: Seal,
): Promise<void> {
  await client.query(INSERT_LEAVES, [log, first, leaves.map(toHex)]);
  await client.query(INSERT_GROWTH, [
    log,
    growth.rows.map(({ tile }) => tile.level),
    growth.rows.map(({ tile }) => tile.index),
    growth.rows.map(({ offset }) => offset),
    growth.rows.map(({ hashes }) => toHex(hashes)),
    growth.edge.size,
    checkpoint,
  ]);
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
