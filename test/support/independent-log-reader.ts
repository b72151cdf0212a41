import { createHash, createPublicKey, verify } from 'node:crypto';

/*
 * Reads a log as a stranger would who has only RFC 9162, the C2SP documents and the log's vkey. It shares no code with `src/domain/log`,
 * on purpose: what both get wrong in the same way, no test would find.
 */

/** A checkpoint whose signature was verified. */
export interface ReadCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** An inclusion proof as somebody presents it. */
export interface PresentedProof {
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly path: readonly Buffer[];
}

/** What a reader of the log found wrong. */
export class LogReaderError extends Error {
  override readonly name = 'LogReaderError';
}

export class IndependentLogReader {
  private readonly keyName: string;
  private readonly keyId: Buffer;
  private readonly key: Buffer;

  /**
   * @param prefix URL of the log without the last slash, such as `http://127.0.0.1:8080/log`
   */
  constructor(
    private readonly prefix: string,
    vkey: string,
  ) {
    const [, name = '', id = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
    this.keyName = name;
    this.keyId = Buffer.from(id, 'hex');
    this.key = Buffer.from(key, 'base64').subarray(1);
    const hash = sha256(Buffer.from(`${name}\n\x01`), this.key);
    check(hash.subarray(0, 4).equals(this.keyId), `the vkey of ${name} has a wrong id`);
  }

  /** The log's newest checkpoint. @throws LogReaderError when it is not signed by the log */
  async checkpoint(): Promise<ReadCheckpoint> {
    const { body } = await this.fetch('checkpoint', 'text/plain; charset=utf-8');
    return this.openCheckpoint(body.toString('utf8'));
  }

  /** A checkpoint from anywhere. @throws LogReaderError when it is not signed by the log */
  openCheckpoint(note: string): ReadCheckpoint {
    const end = note.lastIndexOf('\n\n');
    check(end > 0 && note.endsWith('\n'), 'the checkpoint is no signed note');
    const text = note.slice(0, end + 1);
    const signatures = note
      .slice(end + 2, -1)
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([dash, name]) => dash === '\u2014' && name === this.keyName)
      .map(([, , base64 = '']) => Buffer.from(base64, 'base64'))
      .filter((bytes) => bytes.subarray(0, 4).equals(this.keyId));
    check(signatures.length > 0, `the checkpoint is not signed by ${this.keyName}`);
    for (const bytes of signatures) {
      check(this.isSignature(text, bytes.subarray(4)), 'the signature of the checkpoint is wrong');
    }
    const [origin = '', size = '', root = '', ...rest] = text.split('\n');
    check(origin === this.keyName, `the checkpoint is of ${origin}`);
    check(rest.join('|') === '', 'the checkpoint has extension lines');
    return { origin, size: Number(size), root: Buffer.from(root, 'base64'), note };
  }

  /**
   * Downloads every tile and bundle of a checkpoint and holds them to it: the root follows from the hashes of level 0, the tiles above
   * follow from them, and so does every leaf.
   *
   * @throws LogReaderError that names what differs
   */
  async readLog(checkpoint: ReadCheckpoint): Promise<ReadLog> {
    const hashes = await this.hashesAt(0, checkpoint.size);
    const log = new ReadLog(checkpoint, hashes, await this.leavesOf(checkpoint.size));
    check(log.rootAt(checkpoint.size).equals(checkpoint.root), 'the hashes of level 0 have another root');
    for (const [index, leaf] of log.leaves.entries()) {
      check(hashLeaf(leaf).equals(hashes[index] ?? leaf), `leaf ${index} has another hash than level 0 says`);
    }
    for (let level = 1; ; level++) {
      const span = 256 ** level;
      const served = await this.hashesAt(level, Math.floor(checkpoint.size / span));
      if (served.length === 0) return log;
      for (const [at, hash] of served.entries()) {
        const root = log.rootOf(at * span, (at + 1) * span);
        check(hash.equals(root), `hash ${at} of level ${level} does not follow from level 0`);
      }
    }
  }

  private async hashesAt(level: number, count: number): Promise<Buffer[]> {
    const hashes: Buffer[] = [];
    for (let tile = 0; tile * 256 < count; tile++) {
      const width = Math.min(256, count - tile * 256);
      const bytes = await this.fetchTile(`tile/${level}`, tile, width);
      check(
        bytes.length >= width * 32 && bytes.length % 32 === 0,
        `tile ${level}/${tile} has ${bytes.length} bytes`,
      );
      for (let at = 0; at < width; at++) hashes.push(bytes.subarray(at * 32, (at + 1) * 32));
    }
    return hashes;
  }

  private async leavesOf(size: number): Promise<Buffer[]> {
    const leaves: Buffer[] = [];
    for (let tile = 0; tile * 256 < size; tile++) {
      const width = Math.min(256, size - tile * 256);
      const bytes = await this.fetchTile('tile/entries', tile, width);
      let at = 0;
      for (let count = 0; count < width; count++) {
        check(at + 2 <= bytes.length, `bundle ${tile} ends before leaf ${count}`);
        const end = at + 2 + bytes.readUInt16BE(at);
        check(end <= bytes.length, `bundle ${tile} ends within leaf ${count}`);
        leaves.push(bytes.subarray(at + 2, end));
        at = end;
      }
    }
    return leaves;
  }

  /** A tile of at least that width: a partial one may have gone once it is full. */
  private async fetchTile(folder: string, tile: number, width: number): Promise<Buffer> {
    const groups =
      String(tile)
        .padStart(Math.ceil(String(tile).length / 3) * 3, '0')
        .match(/.{3}/g) ?? [];
    const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
    const full = `${folder}/${name}`;
    if (width < 256) {
      const partial = await this.fetch(`${full}.p/${width}`, 'application/octet-stream', [200, 404]);
      if (partial.status === 200) return partial.body;
    }
    return (await this.fetch(full, 'application/octet-stream')).body;
  }

  private async fetch(
    path: string,
    type: string,
    statuses = [200],
  ): Promise<{ status: number; body: Buffer }> {
    const response = await fetch(`${this.prefix}/${path}`);
    const body = Buffer.from(await response.arrayBuffer());
    check(statuses.includes(response.status), `${path} answers ${response.status}`);
    const served = response.headers.get('content-type');
    check(
      response.status !== 200 || served?.toLowerCase() === type,
      `${path} is served as ${served ?? 'nothing'}`,
    );
    return { status: response.status, body };
  }

  private isSignature(text: string, signature: Buffer): boolean {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), this.key]);
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), key, signature);
  }
}

/** A whole log, read and found to be what its checkpoint says. */
export class ReadLog {
  constructor(
    readonly checkpoint: ReadCheckpoint,
    readonly leafHashes: readonly Buffer[],
    readonly leaves: readonly Buffer[],
  ) {}

  /** The root that the log had at an earlier size. */
  rootAt(size: number): Buffer {
    return this.rootOf(0, size);
  }

  /** MTH of RFC 9162 §2.1.1 over the leaves [begin, end). */
  rootOf(begin: number, end: number): Buffer {
    const [only] = this.leafHashes.slice(begin, begin + 1);
    if (begin === end || only === undefined) return sha256();
    if (end - begin === 1) return only;
    const middle = begin + largestPowerBelow(end - begin);
    return hashNode(this.rootOf(begin, middle), this.rootOf(middle, end));
  }

  /** Where a leaf stands; -1 when it does not. */
  indexOf(leaf: Buffer): number {
    return this.leaves.findIndex((other) => other.equals(leaf));
  }

  /** @throws LogReaderError when the log no longer begins as it did at that checkpoint */
  checkGrewFrom(older: ReadCheckpoint): void {
    check(
      older.size <= this.checkpoint.size,
      `the log shrank from ${older.size} to ${this.checkpoint.size} leaves`,
    );
    check(
      this.rootAt(older.size).equals(older.root),
      `the first ${older.size} leaves are not what they were`,
    );
  }

  /** @throws LogReaderError when the proof does not lead from the leaf to the root that this log has at the proof's size */
  checkProof({ index, size, leaf, path }: PresentedProof): void {
    check(index < size && size <= this.leaves.length, `there is no leaf ${index} of ${size}`);
    check(this.leaves[index]?.equals(leaf) === true, `leaf ${index} is another one`);
    check(
      rootByPath(index, size, hashLeaf(leaf), path).equals(this.rootAt(size)),
      `the path of leaf ${index} is wrong`,
    );
  }
}

/** Follows a path from the root downwards, as RFC 9162 §2.1.3.1 defines it, instead of upwards as its algorithm verifies it. */
function rootByPath(index: number, size: number, leafHash: Buffer, path: readonly Buffer[]): Buffer {
  const last = path.at(-1);
  if (size === 1 || last === undefined) {
    check(size === 1 && path.length === 0, 'the path has a wrong length');
    return leafHash;
  }
  const middle = largestPowerBelow(size);
  const rest = path.slice(0, -1);
  return index < middle
    ? hashNode(rootByPath(index, middle, leafHash, rest), last)
    : hashNode(last, rootByPath(index - middle, size - middle, leafHash, rest));
}

function largestPowerBelow(n: number): number {
  return n <= 2 ? 1 : 2 * largestPowerBelow(Math.ceil(n / 2));
}

function hashLeaf(leaf: Buffer): Buffer {
  return sha256(Buffer.of(0), leaf);
}

function hashNode(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.of(1), left, right);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new LogReaderError(otherwise);
}
