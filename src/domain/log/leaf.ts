import { decodeUtf8, encodeUtf8 } from './bytes.js';
import { LogFormatError } from './log-format-error.js';
import { parseDecimal } from './natural.js';
import { splitVkey } from './note-key.js';

/**
 * What one position of the log commits to. Hashes are SHA-256 in base64url without padding, as tokens have them.
 */
export type Leaf = EctLeaf | GenesisLeaf | TrustLeaf | ErasureLeaf;

export interface EctLeaf {
  readonly kind: 'ect';
  /** Lower case. */
  readonly jti: string;
  /** Hash of the compact JWS. */
  readonly digest: string;
  /** RFC 7638 thumbprint of the key that verified it. */
  readonly jkt: string;
  /** Milliseconds since the epoch. */
  readonly recordedAtMs: number;
}

/** Index 0. */
export interface GenesisLeaf {
  readonly kind: 'genesis';
  readonly origin: string;
  readonly vkey: string;
}

/** The trust configuration in force from here on. */
export interface TrustLeaf {
  readonly kind: 'trust';
  readonly digest: string;
  readonly sizeBytes: number;
}

/** That the token behind an earlier leaf was erased. */
export interface ErasureLeaf {
  readonly kind: 'erasure';
  /** Index of that leaf. */
  readonly index: number;
  readonly reason: string;
  readonly requestDigest: string;
}

const VERSION = 'ect-ledger/leaf@v1';

/** C2SP tlog-tiles: entry bundles give a length 16 bits. */
export const MAX_LEAF_BYTES = 0xffff;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** 256 bits in 43 characters: the last one carries four of them and two zeroes. */
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
/** Ours: a word or a few, for machines. */
const REASON = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const MAX_REASON_LENGTH = 64;

/**
 * The bytes of a leaf.
 *
 * @throws LogFormatError `leaf` when they could not be decoded again
 */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  const lines = [VERSION, leaf.kind, ...linesOf(leaf)];
  const bytes = encodeUtf8(lines.map((line) => `${line}\n`).join(''));
  decodeLeaf(bytes);
  return bytes;
}

/**
 * Reads a leaf in its one form: no byte more, no other spelling.
 *
 * @throws LogFormatError `leaf`
 */
export function decodeLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > MAX_LEAF_BYTES)
    throw new LogFormatError('leaf', `it is larger than ${MAX_LEAF_BYTES} bytes`);
  const lines = decodeUtf8(bytes)?.split('\n');
  if (lines?.pop() !== '') throw new LogFormatError('leaf', 'it is not UTF-8 text that ends with a newline');
  const [version, kind = '', ...rest] = lines;
  if (version !== VERSION) throw new LogFormatError('leaf', `its first line is not ${VERSION}`);
  if (!isKind(kind)) throw new LogFormatError('leaf', 'its kind is unknown');
  const leaf = DECODERS[kind](rest);
  if (leaf === undefined || linesOf(leaf).length !== rest.length) {
    throw new LogFormatError('leaf', `its lines are not those of the kind "${kind}"`);
  }
  return leaf;
}

function linesOf(leaf: Leaf): readonly string[] {
  switch (leaf.kind) {
    case 'ect':
      return [leaf.jti, leaf.digest, leaf.jkt, String(leaf.recordedAtMs)];
    case 'genesis':
      return [leaf.origin, leaf.vkey];
    case 'trust':
      return [leaf.digest, String(leaf.sizeBytes)];
    case 'erasure':
      return [String(leaf.index), leaf.reason, leaf.requestDigest];
  }
}

const DECODERS: Readonly<Record<Leaf['kind'], (lines: readonly string[]) => Leaf | undefined>> = {
  ect: ([jti = '', digest = '', jkt = '', recordedAt = '']) => {
    const recordedAtMs = parseDecimal(recordedAt);
    if (!UUID.test(jti) || !DIGEST.test(digest) || !DIGEST.test(jkt)) return undefined;
    return recordedAtMs === undefined ? undefined : { kind: 'ect', jti, digest, jkt, recordedAtMs };
  },
  // The origin equals the key's name; whether the key's id is right, `parseVkey` says.
  genesis: ([origin = '', vkey = '']) =>
    splitVkey(vkey)?.name === origin ? { kind: 'genesis', origin, vkey } : undefined,
  trust: ([digest = '', size = '']) => {
    const sizeBytes = parseDecimal(size);
    return sizeBytes === undefined || !DIGEST.test(digest) ? undefined : { kind: 'trust', digest, sizeBytes };
  },
  erasure: ([erased = '', reason = '', requestDigest = '']) => {
    const index = parseDecimal(erased);
    if (!REASON.test(reason) || reason.length > MAX_REASON_LENGTH) return undefined;
    if (index === undefined || !DIGEST.test(requestDigest)) return undefined;
    return { kind: 'erasure', index, reason, requestDigest };
  },
};

function isKind(kind: string): kind is Leaf['kind'] {
  return Object.hasOwn(DECODERS, kind);
}
