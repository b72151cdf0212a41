import { decodeBase64, encodeBase64 } from './base64.js';
import type { Sha256 } from './log-crypto.js';
import { LogFormatError } from './log-format-error.js';
import { HASH_BYTES, type Hash, leafInput } from './merkle.js';
import { parseDecimal } from './natural.js';
import { MAX_PATH_LENGTH, type Receipt, buildReceipt } from './receipt.js';

/** A `.tlog-proof` file: a receipt without its leaf, which the verifier has from elsewhere. */
export type TlogProof = Pick<Receipt, 'index' | 'path' | 'checkpoint'>;

const VERSION = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';

/** The proof as C2SP tlog-proof writes it. */
export function formatTlogProof({ index, path, checkpoint }: TlogProof): string {
  const lines = [VERSION, `${INDEX}${index}`, ...path.map(encodeBase64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/**
 * Reads a proof of any log, with our limits. Extra data is skipped: it is not authenticated, and none of ours has any.
 *
 * @param text hostile
 * @throws LogFormatError `tlog-proof`; the checkpoint is not looked into
 */
export function parseTlogProof(text: string): TlogProof {
  const end = text.indexOf('\n\n');
  if (end < 0) throw new LogFormatError('tlog-proof', 'no empty line comes before the checkpoint');
  const [version, ...lines] = text.slice(0, end).split('\n', MAX_PATH_LENGTH + 4);
  if (version !== VERSION) throw new LogFormatError('tlog-proof', `its first line is not ${VERSION}`);
  const extra = lines[0]?.startsWith(EXTRA) === true ? lines.shift()?.slice(EXTRA.length) : undefined;
  if (extra !== undefined && decodeBase64(extra) === undefined) {
    throw new LogFormatError('tlog-proof', 'its extra data is not base64');
  }
  const [indexLine = '', ...hashes] = lines;
  const index = indexLine.startsWith(INDEX) ? parseDecimal(indexLine.slice(INDEX.length)) : undefined;
  if (index === undefined) throw new LogFormatError('tlog-proof', 'it names no index');
  if (hashes.length > MAX_PATH_LENGTH) throw new LogFormatError('tlog-proof', 'its path is too long');
  return { index, path: hashes.map(parseHash), checkpoint: text.slice(end + 2) };
}

/**
 * The receipt that a proof makes together with its leaf.
 *
 * @throws LogFormatError `note`, `checkpoint`
 */
export async function receiptOfProof(proof: TlogProof, leaf: Uint8Array, sha256: Sha256): Promise<Receipt> {
  const leafHash = await sha256(leafInput(leaf));
  return buildReceipt({ index: proof.index, path: proof.path, leaf, leafHash }, proof.checkpoint);
}

function parseHash(line: string): Hash {
  const hash = decodeBase64(line);
  if (hash?.length !== HASH_BYTES)
    throw new LogFormatError('tlog-proof', 'a line of its path is not a hash in base64');
  return hash;
}
