import type { Client } from 'pg';
import type { Seal, StoredLog } from '../../application/seal-log.js';
import { INSERT_GROWTH, INSERT_LEAVES } from './append-sql.js';
import { toQuery, type Query, type Statement } from './statement.js';
import { storedLog } from './stored-log.js';

/** The log as the transaction on this connection sees it. */
export function logInTransaction(client: Client, log: number): StoredLog {
  return storedLog(queryOn(client), log);
}

export function queryOn(client: Client): Query {
  return async <Row extends object>(sql: string | Statement, values: readonly unknown[]) =>
    (await client.query<Row & Record<string, unknown>>(toQuery(sql, values))).rows;
}

/** Stores what a seal added, beside the entries it is about. All statements are sent at once, so that a COMMIT sent next comes after them. */
export async function insertSeal(
  client: Client,
  log: number,
  first: number,
  leaves: readonly Uint8Array[],
  { growth, checkpoint }: Seal,
): Promise<void> {
  const growthValues = [
    log,
    growth.rows.map(({ tile }) => tile.level),
    growth.rows.map(({ tile }) => tile.index),
    growth.rows.map(({ offset }) => offset),
    growth.rows.map(({ hashes }) => toHex(hashes)),
    growth.edge.size,
    checkpoint,
  ];
  await Promise.all([
    client.query({ ...INSERT_LEAVES, values: [log, first, leaves.map(toHex)] }),
    client.query({ ...INSERT_GROWTH, values: growthValues }),
  ]);
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
