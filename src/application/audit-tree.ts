import { equalBytes } from '../domain/log/bytes.js';
import { parseSignedCheckpoint, type SignedCheckpoint } from '../domain/log/checkpoint.js';
import { HASH_BYTES, type Hash } from '../domain/log/merkle.js';
import { nodeCrypto } from '../domain/log/node-crypto.js';
import { verifyNote } from '../domain/log/note.js';
import type { NoteKey } from '../domain/log/note-key.js';
import { growEdge, type Growth, type RightEdge, type TileRow } from '../domain/log/right-edge.js';
import type { TileReader } from '../domain/log/stored-tiles.js';
import { splitByTile, TILE_WIDTH, type TileRange } from '../domain/log/tile.js';
import type { Findings } from './audit-findings.js';

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** The stored hashes that leaves bring about, of every level. */
export function hashesOf(first: number, count: number): readonly TileRange[] {
  const ranges: TileRange[] = [];
  let [begin, end] = [first, first + count];
  for (let level = 0; end > 0; level++) {
    ranges.push(...splitByTile(level, begin, end - begin));
    [begin, end] = [Math.floor(begin / TILE_WIDTH), Math.floor(end / TILE_WIDTH)];
  }
  return ranges;
}

/** Lets the tree grow again from the stored leaves and compares it with the stored hashes and checkpoints. */
export class AuditTree {
  private lastSound = 0;
  private isAstray = false;

  /** @param edge of the tree where the audit begins */
  constructor(
    private edge: RightEdge | undefined,
    private readonly keys: readonly NoteKey[],
    private readonly newest: SignedCheckpoint | undefined,
    private readonly findings: Findings,
  ) {
    this.lastSound = edge?.size ?? 0;
  }

  /**
   * @param hashes of the leaves that follow; a missing leaf has none
   * @param readTile answers for `hashesOf` these leaves
   * @param checkpoints whose size lies within these leaves
   */
  async grow(
    hashes: readonly (Hash | undefined)[],
    readTile: TileReader,
    checkpoints: readonly StoredCheckpoint[],
  ): Promise<void> {
    const notes = await Promise.all(checkpoints.map((checkpoint) => this.readNote(checkpoint)));
    if (this.edge === undefined) return;
    const first = this.edge.size;
    const base = this.settle(first, hashes, readTile);
    if (base === undefined) return;
    for (const signed of [...notes.filter((note) => note !== undefined), undefined]) {
      const growth: Growth = growEdge(
        this.edge,
        base.slice(this.edge.size - first, signed && signed.size - first),
      );
      for (const row of growth.rows.filter(({ tile }) => tile.level > 0)) this.compareRow(row, readTile);
      this.edge = growth.edge;
      if (signed) this.checkRoot(signed, growth.root);
    }
  }

  /** Which hashes to go on with: a leaf that is not what its stored hash says is one finding, not one in every tree above it. */
  private settle(
    first: number,
    hashes: readonly (Hash | undefined)[],
    readTile: TileReader,
  ): readonly Hash[] | undefined {
    const stored = hashes.map((_, at) => storedHash(first + at, readTile));
    const differing = [...hashes.keys()].filter((at) => !isSame(hashes[at], stored[at]));
    if (differing.length === 0) return complete(hashes);
    const asStored = complete(hashes.map((hash, at) => stored[at] ?? hash));
    const isStoredSigned = asStored !== undefined && this.isConfirmed(asStored, readTile);
    // Of hashes missing in a row the first is told.
    for (const at of differing.filter((place) => stored[place] ?? (place === 0 || stored[place - 1])))
      this.reportHash(first + at, hashes[at], stored[at], isStoredSigned);
    const base = isStoredSigned ? asStored : complete(hashes.map((hash, at) => hash ?? stored[at]));
    if (base !== undefined) return base;
    const at = hashes.findIndex((hash, place) => (hash ?? stored[place]) === undefined);
    this.findings.add(first + at, 'tree-unknown', `from leaf ${first + at} on the tree can't be recomputed`);
    this.edge = undefined;
    return undefined;
  }

  private reportHash(
    index: number,
    hash: Hash | undefined,
    stored: Hash | undefined,
    isStoredSigned: boolean,
  ): void {
    const tile = `tile 0/${Math.floor(index / TILE_WIDTH)}`;
    if (stored === undefined)
      this.findings.add(index, 'tile-missing', `${tile} lacks the hash of leaf ${index}`);
    else if (hash === undefined)
      return; // told as a missing leaf
    else if (isStoredSigned)
      this.findings.add(
        index,
        'leaf-changed',
        `leaf ${index} is not the one whose hash is in the signed tree`,
      );
    else
      this.findings.add(
        index,
        'tile-changed',
        `the hash of leaf ${index} in ${tile} is not that of the leaf`,
      );
  }

  /** Whether what stands above agrees with these leaf hashes. */
  private isConfirmed(base: readonly Hash[], readTile: TileReader): boolean {
    if (this.edge === undefined) return false;
    const growth = growEdge(this.edge, base);
    const above = growth.rows.filter(({ tile }) => tile.level > 0);
    if (this.newest?.size === growth.edge.size) return equalBytes(growth.root, this.newest.root);
    return above.length > 0 && above.every((row) => firstDifference(row, readTile) === undefined);
  }

  private compareRow(row: TileRow, readTile: TileReader): void {
    const { level, index: tile } = row.tile;
    const at = firstDifference(row, readTile);
    if (at === undefined) return;
    const leaves = TILE_WIDTH ** level;
    const begin = (tile * TILE_WIDTH + at) * leaves;
    const isMissing = readTile(row.tile).length < (at + 1) * HASH_BYTES;
    this.findings.add(
      begin,
      isMissing ? 'tile-missing' : 'tile-changed',
      `hash ${at} of tile ${level}/${tile} (leaves ${begin} to ${begin + leaves - 1}) is ${isMissing ? 'missing' : 'not that of the leaves'}`,
    );
  }

  private async readNote({ size, note }: StoredCheckpoint): Promise<SignedCheckpoint | undefined> {
    const signed = parse(note);
    if (signed?.size !== size) {
      this.findings.add(
        size,
        'checkpoint-malformed',
        `what is stored as checkpoint ${size} is none of this size`,
      );
      return undefined;
    }
    if (!(await isSignedBy(signed, this.keys)))
      this.findings.add(size, 'checkpoint-signature', `the log's key did not sign checkpoint ${size}`);
    return signed;
  }

  /** Of checkpoints in a row that don't fit only the first is told: what went wrong lies before it. */
  private checkRoot({ size, root }: SignedCheckpoint, actual: Hash): void {
    const isSound = equalBytes(root, actual);
    if (!isSound && !this.isAstray)
      this.findings.add(
        this.lastSound,
        'checkpoint-root',
        `checkpoint ${size} speaks of another tree: it or leaves from ${this.lastSound} to ${size - 1} were changed`,
      );
    if (isSound) this.lastSound = size;
    this.isAstray = !isSound;
  }
}

/** Whether one of the log's own keys signed it, under its origin. */
export async function isSignedBy(signed: SignedCheckpoint, keys: readonly NoteKey[]): Promise<boolean> {
  const isOurs = keys.some(({ name }) => name === signed.origin);
  return isOurs && (await verifyNote(signed.note, keys, nodeCrypto)) === 'verified';
}

export function parse(note: string): SignedCheckpoint | undefined {
  try {
    return parseSignedCheckpoint(note);
  } catch {
    return undefined;
  }
}

function storedHash(index: number, readTile: TileReader): Hash | undefined {
  const begin = (index % TILE_WIDTH) * HASH_BYTES;
  const hash = readTile({ level: 0, index: Math.floor(index / TILE_WIDTH) }).subarray(
    begin,
    begin + HASH_BYTES,
  );
  return hash.length === HASH_BYTES ? hash : undefined;
}

function isSame(a: Hash | undefined, b: Hash | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a, b);
}

function complete(hashes: readonly (Hash | undefined)[]): readonly Hash[] | undefined {
  const known = hashes.filter((hash) => hash !== undefined);
  return known.length === hashes.length ? known : undefined;
}

/** The place in its tile of the first hash that is stored otherwise. */
function firstDifference({ tile, offset, hashes }: TileRow, readTile: TileReader): number | undefined {
  const stored = readTile(tile);
  for (let at = 0; at < hashes.length / HASH_BYTES; at++) {
    const begin = (offset + at) * HASH_BYTES;
    const expected = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    if (!equalBytes(expected, stored.subarray(begin, begin + HASH_BYTES))) return offset + at;
  }
  return undefined;
}
