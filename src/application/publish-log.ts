import type { Entry } from '../domain/entry.js';
import { LedgerError } from '../domain/errors.js';
import { encodeEntryBundle } from '../domain/log/entry-bundle.js';
import { decodeLeaf } from '../domain/log/leaf.js';
import { HASH_BYTES, type Hash } from '../domain/log/merkle.js';
import type { NoteKey } from '../domain/log/note-key.js';
import { consistencyNodes, inclusionNodes, rootNodes } from '../domain/log/proof-nodes.js';
import { buildReceipt, type Receipt } from '../domain/log/receipt.js';
import { hashFromTiles, proofFromTiles, tilesOf } from '../domain/log/stored-tiles.js';
import { TILE_WIDTH, tileWidth } from '../domain/log/tile.js';
import { parseTilePath, type TileAddress } from '../domain/log/tile-path.js';
import { leafHash } from '../domain/log/tree-hash.js';
import { checkSeesAll, isLimited, type Visibility } from './caller.js';
import type { LogStore } from './ports/log-store.js';
import type { TrustStore } from './ports/trust-store.js';

export interface PublishedLeaf {
  readonly leaf: Uint8Array;
  readonly entry: Entry | undefined;
  /** The exact bytes behind a trust leaf. */
  readonly configuration: Uint8Array | undefined;
}

export interface InclusionAnswer {
  readonly leafHash: Hash;
  readonly path: readonly Hash[];
  readonly root: Hash;
}

/** Gives out the transparency log: checkpoints, tiles, proofs, receipts. Everything is read from what is stored. */
export class PublishLog {
  /** @param keys the log's public keys, its identity first */
  constructor(
    private readonly store: LogStore,
    private readonly trust: Pick<TrustStore, 'configurationAt'>,
    readonly keys: readonly NoteKey[],
  ) {}

  size(): Promise<number> {
    return this.store.size();
  }

  /** The newest signed checkpoint. @throws LedgerError `not-found` before the first */
  async checkpoint(): Promise<string> {
    return found(await this.store.checkpoint(), 'nothing is signed yet');
  }

  /**
   * The receipt of a leaf under the newest checkpoint, or under that of `size`.
   *
   * @throws LedgerError `not-found` when no checkpoint of that size was signed or it does not cover the leaf
   */
  async receipt(index: number, size?: number): Promise<Receipt> {
    const [checkpoint, [leaf]] = await Promise.all([
      this.store.checkpoint(size),
      this.store.leaves(index, 1),
    ]);
    const note = found(checkpoint, `no checkpoint of size ${size ?? 0} was signed`);
    const bytes = found(leaf, `there is no leaf ${index}`);
    const bare = buildReceipt({ index, leaf: bytes, leafHash: leafHash(bytes), path: [] }, note);
    if (index >= bare.size)
      throw new LedgerError('not-found', `a log of size ${bare.size} does not hold index ${index}`);
    const nodes = inclusionNodes(index, bare.size);
    return { ...bare, path: proofFromTiles(nodes, await this.store.readTiles(tilesOf(nodes))) };
  }

  /** @param size at most the current one, more than `index` */
  async inclusion(index: number, size: number): Promise<InclusionAnswer> {
    const nodes = inclusionNodes(index, size);
    const own = [{ level: 0, index }];
    const readTile = await this.store.readTiles(tilesOf([...nodes, own, rootNodes(size)]));
    return {
      leafHash: hashFromTiles(own, readTile),
      path: proofFromTiles(nodes, readTile),
      root: hashFromTiles(rootNodes(size), readTile),
    };
  }

  /** @param second at most the current size, at least `first` */
  async consistency(first: number, second: number): Promise<readonly Hash[]> {
    const nodes = consistencyNodes(first, second);
    return proofFromTiles(nodes, await this.store.readTiles(tilesOf(nodes)));
  }

  /**
   * The bytes under a path below `/log` (C2SP tlog-tiles).
   *
   * @throws LedgerError `not-found` for a path that is not canonical or beyond the log, and for all leaves, which name every task, where not
   *   every task is in sight
   */
  async tile(path: string, visibility: Visibility): Promise<Uint8Array> {
    const address = found(parseTilePath(path), 'this is no path of a tile');
    if (address.level === 'entries') checkSeesAll(visibility, 'bundles of leaves are');
    const id = { level: address.level === 'entries' ? 0 : address.level, index: address.index };
    const missing = `the log has no such tile yet`;
    if (address.width > tileWidth(id, await this.store.size())) throw new LedgerError('not-found', missing);
    return address.level === 'entries' ? this.bundle(address) : this.hashes(id, address.width);
  }

  /**
   * The leaf at an index and, for an ECT, its entry; for a change of trust, what is trusted since.
   *
   * @throws LedgerError `not-found`; whose sight is limited finds the genesis leaf and those of the entries in sight
   */
  async leaf(index: number, visibility: Visibility): Promise<PublishedLeaf> {
    const [[leaf], entry] = await Promise.all([
      this.store.leaves(index, 1),
      this.store.entryAt(index, visibility),
    ]);
    const isInSight = entry !== undefined || index === 0 || !isLimited(visibility);
    const bytes = found(isInSight ? leaf : undefined, `there is no leaf ${index}`);
    const configuration =
      decodeLeaf(bytes).kind === 'trust' ? await this.trust.configurationAt(index) : undefined;
    return { leaf: bytes, entry, configuration };
  }

  private async bundle({ index, width }: TileAddress): Promise<Uint8Array> {
    return encodeEntryBundle(await this.store.leaves(index * TILE_WIDTH, width));
  }

  private async hashes(tile: { level: number; index: number }, count: number): Promise<Uint8Array> {
    const readTile = await this.store.readTiles([{ tile, offset: 0, count }]);
    return readTile(tile).subarray(0, count * HASH_BYTES);
  }
}

function found<Value>(value: Value | undefined, message: string): Value {
  if (value === undefined) throw new LedgerError('not-found', message);
  return value;
}
