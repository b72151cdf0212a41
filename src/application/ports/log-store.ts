import type { Entry } from '../../domain/entry.js';
import type { TileReader } from '../../domain/log/stored-tiles.js';
import type { TileRange } from '../../domain/log/tile.js';
import type { Visibility } from '../caller.js';

/**
 * What of the transparency log is stored: leaves, tiles, checkpoints. All of it is write-once, so whatever was read stays true. Methods
 * throw `LedgerError` `store-unavailable` when the storage can't be reached.
 */
export abstract class LogStore {
  /** Number of leaves. */
  abstract size(): Promise<number>;

  /** The signed note for this size, or the newest; `undefined` when there is none. */
  abstract checkpoint(size?: number): Promise<string | undefined>;

  /** Tiles that hold at least these hashes, as far as they are stored. */
  abstract readTiles(ranges: readonly TileRange[]): Promise<TileReader>;

  /** The leaves from `first` on, at most `count`, as far as they are stored. */
  abstract leaves(first: number, count: number): Promise<readonly Uint8Array[]>;

  abstract entryAt(index: number, visibility: Visibility): Promise<Entry | undefined>;
}
