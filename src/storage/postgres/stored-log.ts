import type { StoredLog } from '../../application/seal-log.js';
import type { TileId, TileRange } from '../../domain/log/tile.js';
import type { TileReader } from '../../domain/log/stored-tiles.js';
import type { Query, Statement } from './statement.js';

const SIZE: Statement = {
  name: 'log-size',
  text: `SELECT coalesce(max("index") + 1, 0)::float8 AS "size" FROM "leaf" WHERE "log" = $1`,
};
const CHECKPOINT: Statement = {
  name: 'log-checkpoint',
  text: `
  SELECT "note" FROM "checkpoint" WHERE "log" = $1 AND ($2::bigint IS NULL OR "size" = $2::bigint) ORDER BY "size" DESC LIMIT 1`,
};
const LEAVES: Statement = {
  name: 'log-leaves',
  text: `
  SELECT "leaf" FROM "leaf" WHERE "log" = $1 AND "index" >= $2::bigint AND "index" < $2::bigint + $3::bigint ORDER BY "index"`,
};
/** $2, $3 level and index of the tiles, $4 how many hashes of each. */
const TILES: Statement = {
  name: 'log-tiles',
  text: `
  SELECT t."level"::float8 AS "level", t."tile"::float8 AS "index", t."offset"::float8 AS "offset", t."hashes" AS "hashes"
    FROM unnest($2::smallint[], $3::bigint[], $4::smallint[]) AS asked("level", "tile", "count")
    JOIN "tile_hashes" t ON t."log" = $1 AND t."level" = asked."level" AND t."tile" = asked."tile" AND t."offset" < asked."count"
   ORDER BY t."level", t."tile", t."offset"`,
};

interface TileRow extends TileId {
  readonly offset: number;
  readonly hashes: Buffer;
}

/** The tables of the transparency log as `StoredLog`. */
export function storedLog(query: Query, log: number): StoredLog {
  return {
    size: async () => (await query<{ size: number }>(SIZE, [log]))[0]?.size ?? 0,
    checkpoint: async (size) => (await query<{ note: string }>(CHECKPOINT, [log, size ?? null]))[0]?.note,
    leaves: async (first, count) =>
      (await query<{ leaf: Buffer }>(LEAVES, [log, first, count])).map(({ leaf }) => leaf),
    readTiles: async (ranges) => tileReader(await query<TileRow>(TILES, [log, ...columnsOf(ranges)])),
  };
}

function columnsOf(ranges: readonly TileRange[]): readonly unknown[] {
  return [
    ranges.map(({ tile }) => tile.level),
    ranges.map(({ tile }) => tile.index),
    ranges.map(({ offset, count }) => offset + count),
  ];
}

/** Rows of one tile join up only while their offsets do: what comes after a missing row is not there. */
function tileReader(rows: readonly TileRow[]): TileReader {
  const tiles = new Map<string, Buffer[]>();
  for (const { level, index, offset, hashes } of rows) {
    const parts = tiles.get(`${level}/${index}`) ?? [];
    tiles.set(`${level}/${index}`, parts);
    if (parts.reduce((sum, part) => sum + part.length, 0) === offset * 32) parts.push(hashes);
  }
  return ({ level, index }) => Buffer.concat(tiles.get(`${level}/${index}`) ?? []);
}
