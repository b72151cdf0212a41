import type { TileReader } from '../../domain/log/stored-tiles.js';
import type { TileRange } from '../../domain/log/tile.js';

/** How far each table goes: one more than its last index, 0 when empty. */
export interface StoredExtent {
  readonly leaves: number;
  readonly entries: number;
  readonly tokens: number;
  /** By their child. */
  readonly edges: number;
  /** By level of the tiles: number of hashes. */
  readonly hashes: readonly number[];
  /** The signed note of the greatest size. */
  readonly newestCheckpoint: string | undefined;
}

/** The columns of an entry as they stand, whatever the token says. */
export interface EntryColumns {
  readonly jti: string;
  readonly wid: string | undefined;
  readonly workflowPosition: number | undefined;
  readonly iss: string;
  readonly execAct: string;
  readonly iat: number;
  readonly polDecision: string | undefined;
  /** In the token's order, joined by commas. */
  readonly parents: string;
  readonly profile: string;
  readonly alg: string;
  readonly kid: string;
  readonly jkt: string;
  /** Base64url without padding. */
  readonly digest: string;
  readonly recordedAtMs: number;
}

/** All that is stored for one index. Nothing of it is believed: it is what an audit is about. */
export interface StoredPlace {
  readonly index: number;
  readonly leaf?: Uint8Array | undefined;
  readonly entry?: EntryColumns | undefined;
  /** The compact JWS. */
  readonly token?: Uint8Array | undefined;
  /** Indices of the parents by the edges. */
  readonly parents: readonly number[];
  /** The trust configuration that is stored for this place. */
  readonly configuration?: Uint8Array | undefined;
}

/** A parent that a token names, to be looked up. */
export interface NamedParent {
  readonly child: number;
  readonly jti: string;
  readonly wid: string | undefined;
}

/**
 * Reads everything that is stored, as it is, for an audit: all of it from one snapshot, without locks and without writing, so that the
 * right to SELECT is enough. Nothing is filtered or repaired. Methods throw what the storage throws.
 */
export abstract class AuditStore {
  abstract extent(): Promise<StoredExtent>;

  /** One for every index of the range, in order, also where nothing is stored. */
  abstract places(first: number, count: number): Promise<readonly StoredPlace[]>;

  abstract tiles(ranges: readonly TileRange[]): Promise<TileReader>;

  /** The checkpoints of a size above `after`, up to `last`, by size. */
  abstract checkpoints(
    after: number,
    last: number,
  ): Promise<readonly { readonly size: number; readonly note: string }[]>;

  /** The recorded public keys as text, by thumbprint. */
  abstract keys(jkts: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /**
   * Entries that may be meant by a named parent: in its workflow, or without one anywhere before the child, two at most.
   *
   * @returns by the place in `named` the indices found
   */
  abstract candidates(named: readonly NamedParent[]): Promise<readonly (readonly number[])[]>;

  /** Entries of the range whose task is also that of an earlier entry (ECT §6.1). */
  abstract twins(
    first: number,
    count: number,
  ): Promise<readonly { readonly index: number; readonly earlier: number }[]>;

  /** How many entries each workflow has before an index, as the entry before says; absent without any. */
  abstract positionsBefore(wids: readonly string[], index: number): Promise<ReadonlyMap<string, number>>;

  /** When the last entry before an index was recorded; 0 without any. */
  abstract recordedBefore(index: number): Promise<number>;
}
