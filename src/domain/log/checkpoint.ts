import { decodeBase64, encodeBase64 } from './base64.js';
import { LogFormatError } from './log-format-error.js';
import { HASH_BYTES, type Hash } from './merkle.js';
import { parseDecimal } from './natural.js';
import { type Note, type NoteSigner, parseNote, signNote } from './note.js';
import { isKeyName } from './note-key.js';

/** What a log says of itself at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** A URL without scheme; the name of the log's key. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Hash;
}

/** A checkpoint in its note. Only `verifyNote` says whether the log signed it. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note;
}

/**
 * The text to be signed.
 *
 * @throws LogFormatError `checkpoint` when it could not be parsed again
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${encodeBase64(root)}\n`;
  parseCheckpoint(text);
  return text;
}

/**
 * Reads the text of a checkpoint: three lines, since extension lines are never ours.
 *
 * @throws LogFormatError `checkpoint`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', ...rest] = text.split('\n');
  const size = parseDecimal(sizeText);
  const root = decodeBase64(rootText);
  if (!isKeyName(origin)) throw new LogFormatError('checkpoint', 'its first line is no origin');
  if (size === undefined) throw new LogFormatError('checkpoint', 'its second line is no size');
  if (root?.length !== HASH_BYTES) throw new LogFormatError('checkpoint', 'its third line is no root');
  if (rest.length !== 1 || rest[0] !== '') {
    throw new LogFormatError('checkpoint', 'it does not end after its third line');
  }
  return { origin, size, root };
}

/** Signs a checkpoint: a note as text. @throws LogFormatError as `formatCheckpoint` and `signNote`; whatever a signer throws */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  signers: readonly NoteSigner[],
): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * Takes a signed checkpoint apart, without looking at its signatures.
 *
 * @param note hostile
 * @throws LogFormatError `note`, `checkpoint`
 */
export function parseSignedCheckpoint(note: string): SignedCheckpoint {
  const parsed = parseNote(note);
  return { ...parseCheckpoint(parsed.text), note: parsed };
}
