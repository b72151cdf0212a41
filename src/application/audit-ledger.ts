import type { PublicJwk } from '../domain/entry.js';
import { equalBytes } from '../domain/log/bytes.js';
import type { SignedCheckpoint } from '../domain/log/checkpoint.js';
import { encodeLeaf } from '../domain/log/leaf.js';
import { formatVkey, type NoteKey } from '../domain/log/note-key.js';
import { rootNodes } from '../domain/log/proof-nodes.js';
import { edgeFromTiles, EMPTY_EDGE, type RightEdge } from '../domain/log/right-edge.js';
import { hashFromTiles, tilesOf } from '../domain/log/stored-tiles.js';
import { tileLevels, TILE_WIDTH } from '../domain/log/tile.js';
import { leafHash } from '../domain/log/tree-hash.js';
import { auditDag } from './audit-dag.js';
import { auditPlace, auditSignature, thumbprintMembers, type RecordedKeys } from './audit-entry.js';
import { Findings, type Finding } from './audit-findings.js';
import { AuditTree, hashesOf, isSignedBy, parse, type StoredCheckpoint } from './audit-tree.js';
import type { AuditStore, StoredExtent, StoredPlace } from './ports/audit-store.js';
import type { SignatureVerifier } from './ports/signature-verifier.js';

/** Leaves that are in memory at a time; their signatures are checked side by side. */
const CHUNK = 4 * TILE_WIDTH;

export interface AuditTools {
  readonly store: AuditStore;
  readonly signatures: SignatureVerifier;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprintOf: (jwk: PublicJwk) => Promise<string>;
  /** The log's public keys, from elsewhere than the database. */
  readonly keys: readonly NoteKey[];
  /** The last checkpoint that was signed, from elsewhere than the database and read before it. */
  readonly anchored: string | undefined;
}

export interface AuditOptions {
  /** Where an earlier audit stopped; what is before is believed to be as that one saw it. */
  readonly from?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, size: number) => void) | undefined;
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

export interface AuditReport {
  /** Number of leaves. */
  readonly size: number;
  readonly from: number;
  /** Everything below was checked; less than `size` after an interruption: go on from here. */
  readonly next: number;
  /** In the order found, at most `MAX_FINDINGS`. */
  readonly findings: readonly Finding[];
  readonly found: number;
}

interface Chunk {
  readonly places: readonly StoredPlace[];
  readonly checkpoints: readonly StoredCheckpoint[];
}

/**
 * Checks everything that is stored, and reports whatever is not as it was recorded, to the last finding (`transparency-log.md`,
 * promise 3). Memory does not grow with the log.
 */
export class AuditLedger {
  constructor(private readonly tools: AuditTools) {}

  /** @throws whatever the store throws; an audit that can't read has found nothing, neither good nor bad */
  async run({ from = 0, signal, onProgress, onFinding }: AuditOptions = {}): Promise<AuditReport> {
    const findings = new Findings(onFinding);
    const extent = await this.tools.store.extent();
    const size = extent.leaves;
    const newest = extent.newestCheckpoint === undefined ? undefined : parse(extent.newestCheckpoint);
    auditExtent(extent, newest, findings);
    await this.auditAnchor(size, findings);
    const tree = new AuditTree(await this.edgeAt(from, findings), this.tools.keys, newest, findings);
    let next = from;
    for await (const chunk of this.chunks(from, size)) {
      await this.auditChunk(chunk, tree, findings);
      next += chunk.places.length;
      onProgress?.(next, size);
      if (signal?.aborted === true) break;
    }
    return { size, from, next, findings: findings.list, found: findings.total };
  }

  /** Reads ahead by one while what was read is checked. */
  private async *chunks(from: number, size: number): AsyncGenerator<Chunk> {
    const read = async (first: number): Promise<Chunk> => {
      const count = Math.max(0, Math.min(CHUNK - (first % CHUNK), size - first));
      const [places, checkpoints] = await Promise.all([
        this.tools.store.places(first, count),
        this.tools.store.checkpoints(first, first + count),
      ]);
      return { places, checkpoints };
    };
    let ahead = read(from);
    for (let first = from; first < size;) {
      const chunk = await ahead;
      first += chunk.places.length;
      ahead = read(first);
      ahead.catch(() => undefined); // whoever awaits it learns of it
      yield chunk;
    }
    await ahead;
  }

  private async auditChunk(chunk: Chunk, tree: AuditTree, findings: Findings): Promise<void> {
    const { store, signatures } = this.tools;
    const first = chunk.places[0]?.index ?? 0;
    if (first === 0) this.auditGenesis(chunk.places[0]?.leaf, findings);
    const places = chunk.places.map((place) => auditPlace(place, findings));
    const keys = await this.readKeys(places.flatMap(({ entry }) => (entry ? [entry.jkt] : [])));
    const readTile = await store.tiles(hashesOf(first, places.length));
    const hashes = places.map(({ leaf }) => leaf && leafHash(leaf));
    await Promise.all([
      ...places.map((place) => auditSignature(place, keys, signatures, findings)),
      auditDag(places, store, findings),
      tree.grow(hashes, readTile, chunk.checkpoints),
    ]);
  }

  private async readKeys(jkts: readonly string[]): Promise<RecordedKeys> {
    const stored = await this.tools.store.keys([...new Set(jkts)]);
    const keys = [...stored].map(async ([jkt, text]) => {
      const jwk = thumbprintMembers(text);
      const actual = jwk && (await this.tools.thumbprintOf(jwk).catch(() => undefined));
      return [jkt, actual === jkt ? jwk : undefined] as const;
    });
    return new Map(await Promise.all(keys));
  }

  private auditGenesis(leaf: Uint8Array | undefined, findings: Findings): void {
    const ours = this.tools.keys.map((key) =>
      encodeLeaf({ kind: 'genesis', origin: key.name, vkey: formatVkey(key) }),
    );
    if (leaf === undefined || ours.some((one) => equalBytes(one, leaf))) return;
    findings.add(0, 'genesis-differs', 'the log was begun under another origin or key than the ones given');
  }

  /** What was signed last must still be there, unchanged. */
  private async auditAnchor(size: number, findings: Findings): Promise<void> {
    const { anchored, store, keys } = this.tools;
    if (anchored === undefined) return;
    const signed = parse(anchored);
    if (!signed || !(await isSignedBy(signed, keys)))
      findings.add(undefined, 'anchor-signature', "the anchor holds no checkpoint signed by the log's key");
    else if (signed.size > size)
      findings.add(
        size,
        'anchor-ahead',
        `${signed.size} leaves were signed, the database holds ${size}: it was set back, cut off or swapped`,
      );
    else {
      const readTile = await store.tiles(tilesOf([rootNodes(signed.size)]));
      const root = readOr(() => hashFromTiles(rootNodes(signed.size), readTile));
      if (!root || !equalBytes(root, signed.root))
        findings.add(
          undefined,
          'anchor-differs',
          `the first ${signed.size} leaves are not those that the anchor's checkpoint signs`,
        );
    }
  }

  private async edgeAt(size: number, findings: Findings): Promise<RightEdge | undefined> {
    if (size === 0) return EMPTY_EDGE;
    const readTile = await this.tools.store.tiles(tilesOf([rootNodes(size)]));
    const edge = readOr(() => edgeFromTiles(size, readTile));
    if (!edge)
      findings.add(
        size,
        'tree-unknown',
        `the tiles of the first ${size} leaves are incomplete: begin from 0`,
      );
    return edge;
  }
}

/** Nothing may be beyond the leaves, and the newest checkpoint covers them all. */
function auditExtent(extent: StoredExtent, newest: SignedCheckpoint | undefined, findings: Findings): void {
  const { leaves: size } = extent;
  for (const table of ['entries', 'tokens', 'edges'] as const) {
    if (extent[table] > size)
      findings.add(
        size,
        'beyond-log',
        `${table} go up to index ${extent[table] - 1}, but there are only ${size} leaves`,
      );
  }
  const expected = tileLevels(size).map(
    ({ fullTiles, partialWidth }) => fullTiles * TILE_WIDTH + partialWidth,
  );
  for (const [level, hashes] of extent.hashes.entries()) {
    if (hashes > (expected[level] ?? 0))
      findings.add(
        size,
        'beyond-log',
        `the tiles of level ${level} have ${hashes} hashes, ${expected[level] ?? 0} belong to ${size} leaves`,
      );
  }
  const signed = newest?.size ?? 0;
  if (signed > size) findings.add(size, 'beyond-log', `${signed} leaves were signed, only ${size} are there`);
  if (signed < size)
    findings.add(signed, 'checkpoint-missing', `no checkpoint covers the leaves from ${signed} on`);
}

function readOr<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined; // tiles too short: the caller says what that means
  }
}
