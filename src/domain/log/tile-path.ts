import { TILE_WIDTH } from './tile.js';

/** What a path below the log's prefix names. */
export interface TileAddress {
  /** `entries` for a bundle of leaves. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 256 for a full tile, 1 to 255 for a partial one. */
  readonly width: number;
}

/** Highest level that C2SP tlog-tiles allows. */
const MAX_LEVEL = 63;

const PATH =
  /^tile\/(?<level>entries|[0-9]{1,2})\/(?<groups>(?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/(?<width>[0-9]{1,3}))?$/;

/** The path of a tile or bundle below the log's prefix, such as `tile/0/x001/x234/067.p/8`. */
export function tilePath({ level, index, width }: TileAddress): string {
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${groupsOf(index)}${suffix}`;
}

/** Reads a path in its one canonical form; `undefined` for any other text, hostile or not. */
export function parseTilePath(path: string): TileAddress | undefined {
  const { level, groups, width = String(TILE_WIDTH) } = PATH.exec(path)?.groups ?? {};
  if (level === undefined || groups === undefined) return undefined;
  const address: TileAddress = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: Number(width),
  };
  // Leading zeroes, groups too many and a width of 256 spelled out do not survive the way back.
  return isAddress(address) && tilePath(address) === path ? address : undefined;
}

function isAddress({ level, index, width }: TileAddress): boolean {
  const hasLevel = level === 'entries' || level <= MAX_LEVEL;
  return hasLevel && Number.isSafeInteger(index) && width >= 1 && width <= TILE_WIDTH;
}

/** C2SP tlog-tiles: three digits a group, all but the last with an `x` before them. */
function groupsOf(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return padded.replaceAll(/[0-9]{3}(?=[0-9])/g, 'x$&/');
}
