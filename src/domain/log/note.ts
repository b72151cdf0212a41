import { decodeBase64, encodeBase64 } from './base64.js';
import { concatBytes, encodeUtf8 } from './bytes.js';
import type { LogCrypto } from './log-crypto.js';
import { LogFormatError } from './log-format-error.js';
import { KEY_ID_BYTES, type NoteKey, isKeyName, isSameKey } from './note-key.js';

/** A C2SP signed note taken apart. Nothing of it may be believed before `verifyNote` says so. */
export interface Note {
  /** What is signed; ends with a newline. */
  readonly text: string;
  /** In the order of their lines, of known and unknown keys. */
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs for one key; where the private key is, is its own affair. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** The Ed25519 signature (64 bytes) of exactly these bytes. */
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}

/** `unknown-key`: no signature is by a known key. `invalid-signature`: one claims to be, and is not. */
export type NoteVerdict = 'verified' | 'unknown-key' | 'invalid-signature';

/** C2SP signed-note asks for a limit that lets 16 signatures pass, post-quantum ones (5 kB) too. In UTF-8 bytes. */
export const MAX_NOTE_BYTES = 256 * 1024;
const MAX_SIGNATURES = 100;

/** C2SP signed-note: no ASCII control character other than newline; half of a surrogate pair is not Unicode. */
const FORBIDDEN = /[\u0000-\u0009\u000b-\u001f\p{Cs}]/u;

const SIGNATURE_LINE = /^\u2014 (?<name>[^ ]+) (?<base64>[^ ]+)$/;

/**
 * Takes a note apart, strictly.
 *
 * @param note hostile
 * @throws LogFormatError `note`
 */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_BYTES || encodeUtf8(note).length > MAX_NOTE_BYTES) {
    throw new LogFormatError('note', `it is larger than ${MAX_NOTE_BYTES} bytes`);
  }
  if (FORBIDDEN.test(note)) throw new LogFormatError('note', 'it contains control characters');
  // The text may contain empty lines; the last one ends it.
  const end = note.lastIndexOf('\n\n') + 1;
  if (end === 0) throw new LogFormatError('note', 'no empty line separates text and signatures');
  const lines = note.slice(end + 1).split('\n');
  if (lines.pop() !== '' || lines.length === 0) {
    throw new LogFormatError('note', 'it does not end with a signature line');
  }
  if (lines.length > MAX_SIGNATURES)
    throw new LogFormatError('note', `it has over ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, end), signatures: lines.map(parseSignatureLine) };
}

/**
 * The note as text.
 *
 * @throws LogFormatError `note` when it could not be parsed again
 */
export function formatNote({ text, signatures }: Note): string {
  const note = `${text}\n${signatures.map(formatSignatureLine).join('')}`;
  if (parseNote(note).text !== text) throw new LogFormatError('note', 'its text does not end with a newline');
  return note;
}

/**
 * Signs a text with every signer, in their order: several while a key is being replaced.
 *
 * @param text ends with a newline
 * @throws LogFormatError `note` when the text cannot be that of a note; whatever a signer throws
 */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  const message = encodeUtf8(text);
  const signatures = await Promise.all(
    signers.map(async ({ key, sign }) => ({ name: key.name, keyId: key.id, signature: await sign(message) })),
  );
  return formatNote({ text, signatures });
}

/**
 * Whether somebody known signed the note.
 *
 * @param known the keys that the verifier trusts, from elsewhere than the note
 */
export async function verifyNote(
  note: Note,
  known: readonly NoteKey[],
  crypto: Pick<LogCrypto, 'verifyEd25519'>,
): Promise<NoteVerdict> {
  const message = encodeUtf8(note.text);
  let verdict: NoteVerdict = 'unknown-key';
  for (const { name, keyId, signature } of note.signatures) {
    // C2SP signed-note: signatures from unknown keys MUST be ignored, even if they share a name or an id with a known key.
    const key = known.find((candidate) => isSameKey(candidate, name, keyId));
    if (key === undefined) continue;
    // One from a known key MUST be verified, and if it fails, the note is refused whatever else it carries.
    if (!(await crypto.verifyEd25519(key.publicKey, message, signature))) return 'invalid-signature';
    verdict = 'verified';
  }
  return verdict;
}

function parseSignatureLine(line: string): NoteSignature {
  const { name = '', base64 = '' } = SIGNATURE_LINE.exec(line)?.groups ?? {};
  const bytes = decodeBase64(base64);
  if (!isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw new LogFormatError('note', 'a signature line is not "\u2014 <key name> <base64>"');
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `\u2014 ${name} ${encodeBase64(concatBytes(keyId, signature))}\n`;
}
