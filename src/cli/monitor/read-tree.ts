import { equalBytes } from '../../domain/log/bytes.js';
import type { Hash } from '../../domain/log/merkle.js';
import { TILE_WIDTH } from '../../domain/log/tile.js';
import { tilePath } from '../../domain/log/tile-path.js';
import { leafHash, treeRoot } from '../../domain/log/tree-hash.js';
import { LogFault } from './log-fault.js';
import type { TileServer } from './tile-server.js';

/** Tiles asked for at the same time. */
const AT_ONCE = 8;

export interface ReadOptions {
  /** Leaves in the tree. */
  readonly size: number;
  /** A size in the past whose root is wanted too; the leaves from there on are read and held against their hashes. */
  readonly since: number;
  readonly onProgress?: ((doneLeaves: number) => void) | undefined;
}

/** A log's tree as its hashes of level 0 make it, whatever else the log says. */
export interface ReadTree {
  readonly root: Hash;
  /** The root when the log had `since` leaves. */
  readonly rootThen: Hash;
  /** The roots of the full tiles: the hashes that level 1 should have. */
  readonly tileRoots: readonly Hash[];
  /** The first leaf whose bytes are not what its hash says. */
  readonly fault: LogFault | undefined;
}

interface ReadTile {
  readonly hashes: readonly Hash[];
  readonly fault: LogFault | undefined;
}

/**
 * Downloads level 0 of a log and the new bundles, and computes the roots from them. Holds one hash per tile in memory.
 *
 * @throws LogFault `withheld`, LogUnavailable
 */
export async function readTree(server: TileServer, options: ReadOptions): Promise<ReadTree> {
  const { size, since } = options;
  const tiles = Math.ceil(size / TILE_WIDTH);
  const sinceTile = Math.floor(since / TILE_WIDTH);
  const roots: Hash[] = [];
  let fault: LogFault | undefined;
  let partThen: readonly Hash[] = [];
  for (let first = 0; first < tiles; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, tiles - first);
    const group = Array.from({ length: count }, (_, at) => readTile(server, first + at, options));
    for (const [at, tile] of (await Promise.all(group)).entries()) {
      roots.push(treeRoot(tile.hashes));
      fault ??= tile.fault;
      if (first + at === sinceTile) partThen = tile.hashes.slice(0, since % TILE_WIDTH);
    }
    options.onProgress?.(Math.min(size, (first + count) * TILE_WIDTH));
  }
  // A tile that is not full is the last subtree of every level above it, until RFC 9162's splits take it in: just like its root.
  const rootsThen = [...roots.slice(0, sinceTile), ...(partThen.length > 0 ? [treeRoot(partThen)] : [])];
  return {
    root: treeRoot(roots),
    rootThen: treeRoot(rootsThen),
    tileRoots: roots.slice(0, Math.floor(size / TILE_WIDTH)),
    fault,
  };
}

/**
 * Holds the tiles above level 0, from which others take their proofs, against it.
 *
 * @throws LogFault `inconsistent`, `withheld`, LogUnavailable
 */
export async function checkUpperTiles(server: TileServer, tileRoots: readonly Hash[]): Promise<void> {
  let hashes = tileRoots;
  for (let level = 1; hashes.length > 0; level++) {
    const above: Hash[] = [];
    for (let index = 0; index * TILE_WIDTH < hashes.length; index++) {
      const expected = hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      const address = { level, index, width: expected.length };
      const served = await server.hashes(address);
      const differs = served.findIndex((hash, at) => !equalBytes(hash, expected[at] ?? hash));
      if (differs >= 0)
        throw new LogFault(
          'inconsistent',
          `${tilePath(address)}: hash ${differs} does not follow from level 0`,
        );
      if (expected.length === TILE_WIDTH) above.push(treeRoot(expected));
    }
    hashes = above;
  }
}

async function readTile(server: TileServer, index: number, { size, since }: ReadOptions): Promise<ReadTile> {
  const begin = index * TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, size - begin);
  const hashes = await server.hashes({ level: 0, index, width });
  if (begin + width <= since) return { hashes, fault: undefined };
  const leaves = await server.leaves(index, width);
  const differs = leaves.findIndex(
    (leaf, at) => begin + at >= since && !equalBytes(leafHash(leaf), hashes[at] ?? leaf),
  );
  return { hashes, fault: differs < 0 ? undefined : leafFault(begin + differs) };
}

function leafFault(index: number): LogFault {
  return new LogFault(
    'inconsistent',
    `leaf ${index}: its bytes do not have the hash that the tree has for it`,
  );
}
