import { concatBytes } from './bytes.js';
import { MAX_LEAF_BYTES } from './leaf.js';
import { LogFormatError } from './log-format-error.js';

/** C2SP tlog-tiles: the length before each leaf is a big-endian uint16. */
const LENGTH_BYTES = 2;

/**
 * The leaves of one tile as a bundle.
 *
 * @param leaves in order, 1 to 256
 * @throws RangeError when a leaf does not fit, which no leaf of ours comes near
 */
export function encodeEntryBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...leaves.flatMap((leaf) => [lengthPrefix(leaf.length), leaf]));
}

/**
 * The leaves of a bundle.
 *
 * @throws LogFormatError `entry-bundle` when it ends within a leaf
 */
export function decodeEntryBundle(bundle: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + LENGTH_BYTES > bundle.length)
      throw new LogFormatError('entry-bundle', 'it ends within a length');
    const begin = at + LENGTH_BYTES;
    at = begin + view.getUint16(at);
    if (at > bundle.length) throw new LogFormatError('entry-bundle', 'it ends within a leaf');
    leaves.push(bundle.subarray(begin, at));
  }
  return leaves;
}

function lengthPrefix(length: number): Uint8Array {
  if (length > MAX_LEAF_BYTES) throw new RangeError(`a leaf of ${length} bytes does not fit an entry bundle`);
  return Uint8Array.of(length >> 8, length & 0xff);
}
