import { LedgerError } from '../domain/errors.js';
import { equalBytes } from '../domain/log/bytes.js';
import { parseSignedCheckpoint, signCheckpoint, type SignedCheckpoint } from '../domain/log/checkpoint.js';
import { encodeLeaf } from '../domain/log/leaf.js';
import { verifyInclusionNow, type Hash } from '../domain/log/merkle.js';
import { nodeCrypto } from '../domain/log/node-crypto.js';
import { verifyNote } from '../domain/log/note.js';
import { formatVkey, type NoteKey } from '../domain/log/note-key.js';
import { rootNodes } from '../domain/log/proof-nodes.js';
import type { Receipt } from '../domain/log/receipt.js';
import {
  edgeFromTiles,
  edgeRoot,
  EMPTY_EDGE,
  growEdge,
  type Growth,
  type RightEdge,
} from '../domain/log/right-edge.js';
import { hashFromTiles, tilesOf } from '../domain/log/stored-tiles.js';
import { leafHash, rememberingNodeHash } from '../domain/log/tree-hash.js';
import type { CheckpointAnchor } from './ports/checkpoint-anchor.js';
import type { CheckpointSigner } from './ports/checkpoint-signer.js';
import type { LogStore } from './ports/log-store.js';
import type { Metrics } from './ports/metrics.js';

/** The log as the store holds it; inside an append, as it is under the log's lock. */
export type StoredLog = Pick<LogStore, 'size' | 'checkpoint' | 'readTiles' | 'leaves'>;

/** A batch of leaves with its place in the tree, signed and checked, not yet durable. */
export interface Seal {
  readonly growth: Growth;
  /** The signed note over the grown tree. */
  readonly checkpoint: string;
  /** By index. */
  readonly receipts: ReadonlyMap<number, Receipt>;
}

interface Signed {
  readonly edge: RightEdge;
  readonly root: Hash;
  /** The checkpoint, when this instance signed it itself. */
  readonly checkpoint?: string;
}

/**
 * Lets the Merkle tree grow and signs it, never two trees that contradict each other. What it signed last is the yardstick: a stored
 * log that is shorter or different is not signed, whatever the reason (`transparency-log.md`, promise 2).
 */
export class LogSealer {
  private last: Signed | undefined;
  private brokenBy: string | undefined;

  /** @param signers the first is the log's identity; others sign along while a key is being replaced */
  constructor(
    private readonly signers: readonly [CheckpointSigner, ...CheckpointSigner[]],
    private readonly anchor: CheckpointAnchor,
    private readonly metrics: Metrics,
  ) {}

  get origin(): string {
    return this.signers[0].key.name;
  }

  /** The log's public keys, its identity first. */
  get keys(): readonly NoteKey[] {
    return this.signers.map(({ key }) => key);
  }

  /** What verifiers need: the public keys in C2SP's text form. */
  get vkeys(): readonly string[] {
    return this.keys.map(formatVkey);
  }

  /** The leaf at index 0. */
  genesis(): Uint8Array {
    return encodeLeaf({ kind: 'genesis', origin: this.origin, vkey: this.vkeys[0] ?? '' });
  }

  /**
   * Adds leaves to the stored log. Call inside the transaction that stores them, under the log's lock.
   *
   * @returns what to store with them and, per leaf, its receipt; each was checked as its receiver will
   * @throws LedgerError `store-unavailable` when the stored log contradicts what was signed before, or a check of our own failed
   */
  async seal(log: StoredLog, leaves: readonly Uint8Array[]): Promise<Seal> {
    const { edge } = await this.takeUp(log);
    const growth = growEdge(edge, leaves.map(leafHash));
    const checkpoint = await signCheckpoint(
      { origin: this.origin, size: growth.edge.size, root: growth.root },
      this.signers,
    );
    const receipts = new Map(
      leaves.map((leaf, i) => [edge.size + i, this.receiptOf(edge.size + i, leaf, growth, checkpoint)]),
    );
    await this.checkOwnWork(checkpoint, receipts);
    return { growth, checkpoint, receipts };
  }

  /** Keeps the checkpoint outside the database. Call when its batch is durable and before anybody hears of it. */
  async settle({ growth, checkpoint }: Seal): Promise<void> {
    this.last = { edge: growth.edge, root: growth.root, checkpoint };
    await this.anchor.write(checkpoint);
  }

  close(): void {
    this.anchor.close();
  }

  /**
   * Compares the stored log with what was signed last.
   *
   * @throws LedgerError `store-unavailable` that says what differs and what the operator can do
   */
  async takeUp(log: StoredLog): Promise<Signed> {
    if (this.brokenBy !== undefined) throw refusal(this.brokenBy);
    const size = await log.size();
    if (this.last?.edge.size === size) {
      await this.checkCheckpoint(log, this.last);
      return this.last;
    }
    const known = this.last ? { size: this.last.edge.size, root: this.last.root } : await this.anchored();
    if (known && size < known.size) {
      throw refusal(
        `the database holds ${size} leaves, but ${known.size} were signed: it was set back, cut off or swapped`,
      );
    }
    if (size === 0) return { edge: EMPTY_EDGE, root: edgeRoot(EMPTY_EDGE) };
    return this.loadEdge(log, size, known);
  }

  private async loadEdge(
    log: StoredLog,
    size: number,
    known: { size: number; root: Hash } | undefined,
  ): Promise<Signed> {
    await this.checkGenesis(log);
    const nodes = [rootNodes(size), ...(known ? [rootNodes(known.size)] : [])];
    const readTile = await log.readTiles(tilesOf(nodes));
    const edge = readOrRefuse(() => edgeFromTiles(size, readTile));
    const loaded = { edge, root: edgeRoot(edge) };
    await this.checkCheckpoint(log, loaded);
    if (
      known &&
      !equalBytes(
        readOrRefuse(() => hashFromTiles(rootNodes(known.size), readTile)),
        known.root,
      )
    ) {
      throw refusal(`the first ${known.size} leaves in the database are not those that were signed`);
    }
    return loaded;
  }

  private async checkGenesis(log: StoredLog): Promise<void> {
    const [genesis] = await log.leaves(0, 1);
    const ours = this.vkeys.map((vkey) => encodeLeaf({ kind: 'genesis', origin: this.origin, vkey }));
    if (genesis && ours.some((leaf) => equalBytes(leaf, genesis))) return;
    throw refusal(
      'the log was begun under another origin or signing key: restore the key, or begin a new log',
    );
  }

  /** The stored checkpoint of this size is ours and speaks of this very tree. */
  private async checkCheckpoint(log: StoredLog, { edge, root, checkpoint }: Signed): Promise<void> {
    const note = await log.checkpoint(edge.size);
    if (note !== undefined && note === checkpoint) return;
    const stored = note === undefined ? undefined : await this.readSigned(note);
    if (!stored)
      throw refusal(
        `the checkpoint of size ${edge.size} in the database is missing or not signed by this log`,
      );
    if (!equalBytes(stored.root, root))
      throw refusal(`the tree of ${edge.size} leaves in the database is not the one that was signed`);
  }

  private async anchored(): Promise<SignedCheckpoint | undefined> {
    const note = await this.anchor.read();
    if (note === undefined) return undefined;
    const anchored = await this.readSigned(note);
    if (anchored) return anchored;
    throw refusal(
      'the anchor holds no checkpoint that this log signed: restore the anchor file or the signing key',
    );
  }

  private async readSigned(note: string): Promise<SignedCheckpoint | undefined> {
    try {
      const checkpoint = parseSignedCheckpoint(note);
      const verdict = await verifyNote(checkpoint.note, this.keys, nodeCrypto);
      return verdict === 'verified' && checkpoint.origin === this.origin ? checkpoint : undefined;
    } catch {
      return undefined; // whatever it is, this log did not sign it
    }
  }

  private receiptOf(index: number, leaf: Uint8Array, growth: Growth, checkpoint: string): Receipt {
    const { root, edge } = growth;
    const path = growth.inclusionPath(index);
    return {
      origin: this.origin,
      index,
      size: edge.size,
      leaf,
      leafHash: leafHash(leaf),
      path,
      root,
      checkpoint,
    };
  }

  /** Nothing leaves that its receiver would refuse; if something would, the defect is ours and signing stops. */
  private async checkOwnWork(checkpoint: string, receipts: ReadonlyMap<number, Receipt>): Promise<void> {
    let isSound = (await this.readSigned(checkpoint)) !== undefined;
    const nodeHash = rememberingNodeHash();
    for (const receipt of receipts.values()) isSound &&= verifyInclusionNow(receipt, nodeHash);
    if (isSound) return;
    this.metrics.selfCheckFailed();
    this.brokenBy = 'a proof of our own did not verify: signing has stopped until the service is restarted';
    throw refusal(this.brokenBy);
  }
}

function readOrRefuse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw refusal('the tiles in the database are incomplete', cause);
  }
}

function refusal(what: string, cause?: unknown): LedgerError {
  const advice =
    'nothing is signed or recorded until the operator has looked into it (docs/security.md, "When the ledger refuses to sign")';
  return new LedgerError('store-unavailable', `${what}; ${advice}`, { retryAfterSeconds: 60 }, { cause });
}
