import { decodeBase64, encodeBase64 } from './base64.js';
import { parseSignedCheckpoint } from './checkpoint.js';
import { LogFormatError } from './log-format-error.js';
import { HASH_BYTES, type Hash } from './merkle.js';
import { isNatural } from './natural.js';

/** That a leaf is in the log: an inclusion proof and the checkpoint it leads to. Read from outside, nothing of it may be believed. */
export interface Receipt {
  readonly origin: string;
  readonly index: number;
  /** Size of the checkpoint's tree. */
  readonly size: number;
  /** The bytes of the leaf. */
  readonly leaf: Uint8Array;
  readonly leafHash: Hash;
  /** The leaf's side first. */
  readonly path: readonly Hash[];
  readonly root: Hash;
  /** A signed note, as text. */
  readonly checkpoint: string;
}

/** A receipt as JSON has it, binary values in base64. */
export interface ReceiptJson {
  readonly origin: string;
  readonly index: number;
  readonly tree_size: number;
  readonly leaf: string;
  readonly leaf_hash: string;
  readonly inclusion_path: readonly string[];
  readonly root_hash: string;
  readonly checkpoint: string;
}

/** What is known of a leaf, from which a receipt is made. */
export type ProvenLeaf = Pick<Receipt, 'index' | 'leaf' | 'leafHash' | 'path'>;

/** Longest path in hashes: sizes end at 2^53. */
export const MAX_PATH_LENGTH = 53;

/**
 * The receipt of a leaf under a checkpoint.
 *
 * @param checkpoint a signed note, as text
 * @throws LogFormatError `note`, `checkpoint`
 */
export function buildReceipt({ index, leaf, leafHash, path }: ProvenLeaf, checkpoint: string): Receipt {
  const { origin, size, root } = parseSignedCheckpoint(checkpoint);
  return { origin, index, size, leaf, leafHash, path, root, checkpoint };
}

export function formatReceipt(receipt: Receipt): ReceiptJson {
  return {
    origin: receipt.origin,
    index: receipt.index,
    tree_size: receipt.size,
    leaf: encodeBase64(receipt.leaf),
    leaf_hash: encodeBase64(receipt.leafHash),
    inclusion_path: receipt.path.map(encodeBase64),
    root_hash: encodeBase64(receipt.root),
    checkpoint: receipt.checkpoint,
  };
}

/**
 * Reads a receipt. Members that it does not know are ignored, since they prove nothing.
 *
 * @param json parsed JSON, hostile
 * @throws LogFormatError `receipt` that names the first member that is wrong
 */
export function parseReceipt(json: unknown): Receipt {
  const members =
    typeof json === 'object' && json !== null ? new Map(Object.entries(json)) : new Map<string, unknown>();
  const read = <T>(name: keyof ReceiptJson, reader: (value: unknown) => T | undefined): T => {
    const value = reader(members.get(name));
    if (value === undefined) throw new LogFormatError('receipt', `"${name}" is missing or wrong`);
    return value;
  };
  return {
    origin: read('origin', readText),
    index: read('index', readNatural),
    size: read('tree_size', readNatural),
    leaf: read('leaf', readBytes),
    leafHash: read('leaf_hash', readHash),
    path: read('inclusion_path', readPath),
    root: read('root_hash', readHash),
    checkpoint: read('checkpoint', readText),
  };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readNatural(value: unknown): number | undefined {
  return isNatural(value) ? value : undefined;
}

function readBytes(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

function readHash(value: unknown): Hash | undefined {
  const bytes = readBytes(value);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

function readPath(value: unknown): readonly Hash[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_PATH_LENGTH) return undefined;
  const hashes = value.map(readHash).filter((hash) => hash !== undefined);
  return hashes.length === value.length ? hashes : undefined;
}
