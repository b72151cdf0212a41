import { readFile } from 'node:fs/promises';
import { decodeBase64 } from '../domain/log/base64.js';
import { nodeCrypto } from '../domain/log/node-crypto.js';
import { type Receipt, parseReceipt } from '../domain/log/receipt.js';
import { parseTlogProof, receiptOfProof } from '../domain/log/tlog-proof.js';
import type { JsonObject } from '../domain/entry.js';
import { isJsonObject } from '../domain/strict-json.js';
import { Failure, fileFailure } from './failure.js';
import type { Shell } from './shell.js';

/** A receipt is a few kilobytes, a recording reply with a token of the largest size a megabyte. */
const MAX_BYTES = 4 * 1024 * 1024;

const WAY_OUT = 'it should be a receipt, a reply to a recording, or a .tlog-proof file';

/** What a file says: a receipt and, if it is a whole reply, the words of the ledger around it. */
export interface ReceiptInput {
  readonly receipt: Receipt;
  readonly reply: JsonObject | undefined;
}

/**
 * Takes a receipt from any form in which the ledger gives one out.
 *
 * @param leaf the leaf's bytes, which a `.tlog-proof` leaves out
 * @throws Failure when it is none of these forms; LogFormatError when it is one with something malformed in it
 */
export async function readReceipt(text: string, leaf: Uint8Array | undefined): Promise<ReceiptInput> {
  if (text.startsWith('c2sp.org/tlog-proof@')) {
    if (leaf) {
      const receipt = await receiptOfProof(parseTlogProof(text), leaf, nodeCrypto.sha256);
      return { receipt, reply: undefined };
    }
    throw new Failure(
      'a .tlog-proof does not contain its leaf',
      'give it with --leaf: its bytes, or the answer of GET /log/entries/<index>',
    );
  }
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new Failure('this is no receipt', WAY_OUT);
  if ('receipt' in value) return { receipt: parseReceipt(value['receipt']), reply: value };
  if ('checkpoint' in value) return { receipt: parseReceipt(value), reply: undefined };
  throw new Failure('this is no receipt', WAY_OUT);
}

/** The bytes of a leaf: the file itself, or the JSON of `GET /log/entries/<index>`. */
export function readLeaf(bytes: Uint8Array): Uint8Array {
  const value = parseJson(Buffer.from(bytes).toString('utf8'));
  const leaf = isJsonObject(value) ? value['leaf'] : undefined;
  return (typeof leaf === 'string' ? decodeBase64(leaf) : undefined) ?? bytes;
}

/** A whole file or, for `-`, standard input. @throws Failure */
export async function readInput(path: string, { stdin }: Shell): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    if (path !== '-') return await readFile(path);
    let length = 0;
    for await (const chunk of stdin) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) throw new Failure('standard input is too long for a receipt', WAY_OUT);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure(`cannot read ${path}`, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
