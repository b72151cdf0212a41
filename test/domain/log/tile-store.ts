import { HASH_BYTES, type Hash } from '../../../src/domain/log/merkle.js';
import { type Growth, type RightEdge, EMPTY_EDGE, growEdge } from '../../../src/domain/log/right-edge.js';
import type { TileReader } from '../../../src/domain/log/stored-tiles.js';
import type { TileId } from '../../../src/domain/log/tile.js';

/** Keeps tile rows as a database would, and holds them to being write-once and without gaps. */
export class TileStore {
  private readonly tiles = new Map<string, Buffer>();
  /** How often a tile was read. */
  reads = 0;

  readonly read: TileReader = (tile) => {
    this.reads++;
    return this.peek(tile);
  };

  get names(): readonly string[] {
    return [...this.tiles.keys()].sort();
  }

  peek({ level, index }: TileId): Buffer {
    return this.tiles.get(`${level}/${index}`) ?? Buffer.alloc(0);
  }

  replace({ level, index }: TileId, bytes: Buffer): void {
    this.tiles.set(`${level}/${index}`, bytes);
  }

  keep({ rows }: Growth): void {
    for (const { tile, offset, hashes } of rows) {
      const kept = this.peek(tile);
      if (kept.length !== offset * HASH_BYTES)
        throw new Error(`row at ${offset} of a tile of ${kept.length} bytes`);
      this.replace(tile, Buffer.concat([kept, hashes]));
    }
  }

  /** Appends in batches of these sizes, the last one as often as needed. */
  fill(hashes: readonly Hash[], batches: readonly number[] = [hashes.length]): RightEdge {
    let edge = EMPTY_EDGE;
    for (let batch = 0; edge.size < hashes.length; batch++) {
      const count = Math.max(1, batches[Math.min(batch, batches.length - 1)] ?? 1);
      const growth = growEdge(edge, hashes.slice(edge.size, edge.size + count));
      this.keep(growth);
      edge = growth.edge;
    }
    return edge;
  }
}
