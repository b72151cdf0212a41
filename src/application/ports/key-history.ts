import type { Visibility } from '../caller.js';
import type { Trace } from './ledger-store.js';
import type { PublicJwk } from '../../domain/entry.js';
import type { KeyRevocation } from '../../domain/key-status.js';

/** What a key was called, and where it came from then, when that was kept. */
export interface KeyName {
  readonly iss: string;
  readonly kid: string;
  readonly source?: string | undefined;
}

/** How many names of a key are told. */
export const MAX_KEY_NAMES = 100;

/** A key that verified entries. */
export interface UsedKey {
  /** RFC 7638 SHA-256 thumbprint, base64url. */
  readonly jkt: string;
  readonly jwk: PublicJwk;
  readonly alg: string;
  /** In the order of their first use, the first `MAX_KEY_NAMES`. */
  readonly names: readonly KeyName[];
  readonly firstIndex: number;
  readonly firstUsedAtMs: number;
  readonly lastIndex: number;
  readonly lastUsedAtMs: number;
  /** The earliest that applies to one of its names. */
  readonly revocation?: KeyRevocation | undefined;
}

/** A key on a page; the next page begins before `position`. */
export interface ListedKey extends UsedKey {
  readonly position: number;
}

export interface KeysRequest {
  /** Only keys that served this issuer, by their first use for it. */
  readonly iss?: string | undefined;
  readonly limit: number;
  /** Only those first used before this index. */
  readonly before?: number | undefined;
}

export interface ImpactRequest {
  /** Only what was recorded then or later, in milliseconds since the epoch. */
  readonly fromMs: number;
  /** How many nodes at most. */
  readonly limit: number;
}

/**
 * The keys that verified entries. All of it follows from the entries, which are append-only; a key never leaves. Methods throw `LedgerError`
 * `store-unavailable` when the storage can't be reached. Each answers as if entries out of sight had never been recorded, and takes no longer
 * for them.
 */
export abstract class KeyHistory {
  /** Keys, newest first use first. */
  abstract list(request: KeysRequest, visibility: Visibility): Promise<readonly ListedKey[]>;

  abstract find(jkt: string, visibility: Visibility): Promise<UsedKey | undefined>;

  /** The tasks that the key signed (depth 0) and all that came of them, by depth, then index; `depth` is the shortest distance. */
  abstract impact(jkt: string, request: ImpactRequest, visibility: Visibility): Promise<Trace>;
}
