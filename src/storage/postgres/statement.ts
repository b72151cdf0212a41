import type { QueryConfig } from 'pg';

/** A statement that the server keeps prepared, so that it is planned once a connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Runs one statement and gives its rows: on the reads' pool, or on the append's connection inside its transaction. */
export type Query = <Row extends object>(
  sql: string | Statement,
  values: readonly unknown[],
) => Promise<readonly Row[]>;

/** What the database's client takes. */
export function toQuery(sql: string | Statement, values: readonly unknown[]): QueryConfig {
  return { ...(typeof sql === 'string' ? { text: sql } : sql), values: [...values] };
}
