import type { StoredLog } from '../../application/seal-log.js';
import { HASH_BYTES } from '../../domain/log/merkle.js';
import { TILE_WIDTH, type TileId, type TileRange } from '../../domain/log/tile.js';
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
/**
 * $2, $3 level and index of the tiles, $4 how many hashes of each. LIMIT, which no tile exceeds, makes it one look-up a tile, whatever the
 * planner knows: of a young log it thinks that reading all of it for a join is cheaper.
 */
const TILES: Statement = {
  name: 'log-tiles',
  text: `
  SELECT rows."level"::float8 AS "level", rows."tile"::float8 AS "index", rows."offset"::float8 AS "offset", rows."hashes" AS "hashes"
    FROM unnest($2::smallint[], $3::bigint[], $4::smallint[]) AS asked("level", "tile", "count")
   CROSS JOIN LATERAL (
      SELECT * FROM "tile_hashes" t
       WHERE t."log" = $1 AND t."level" = asked."level" AND t."tile" = asked."tile" AND t."offset" < asked."count"
       ORDER BY t."offset" LIMIT ${TILE_WIDTH}
   ) rows
   ORDER BY rows."level", rows."tile", rows."offset"`,
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

/** Rows of one tile, by offset, join up only while their offsets do: what comes after a missing row is not there. */
function tileReader(rows: readonly TileRow[]): TileReader {
  const parts = new Map<string, { hashes: Buffer[]; count: number }>();
  for (const { level, index, offset, hashes } of rows) {
    const tile = parts.get(`${level}/${index}`) ?? { hashes: [], count: 0 };
    parts.set(`${level}/${index}`, tile);
    if (tile.count !== offset) continue;
    tile.hashes.push(hashes);
    tile.count += hashes.length / HASH_BYTES;
  }
  const tiles = new Map([...parts].map(([key, { hashes }]) => [key, Buffer.concat(hashes)]));
  return ({ level, index }) => tiles.get(`${level}/${index}`) ?? new Uint8Array();
}
