import { decodeBase64, encodeBase64 } from './base64.js';
import { concatBytes, encodeUtf8, equalBytes } from './bytes.js';
import type { Sha256 } from './log-crypto.js';
import { LogFormatError } from './log-format-error.js';

/** An Ed25519 key that signs notes, as C2SP signed-note knows it: by name and id together. */
export interface NoteKey {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
}

/** C2SP signed-note: the signature type of a plain Ed25519 signature; witnesses' cosignatures have 0x04. */
const ED25519 = 0x01;

export const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;

/** C2SP signed-note: no Unicode space and no plus; nor what no note may contain, control characters and half a surrogate pair. */
const FORBIDDEN_IN_NAME = /[\p{White_Space}+\u0000-\u001f\p{Cs}]/u;

const VKEY = /^(?<name>[^+]+)\+(?<id>[0-9a-f]{8})\+(?<key>[A-Za-z0-9+/=]+)$/;

export function isKeyName(name: string): boolean {
  return name !== '' && !FORBIDDEN_IN_NAME.test(name);
}

/**
 * The key under a name.
 *
 * @param name for a log its origin
 * @param publicKey 32 bytes
 * @throws LogFormatError `vkey` when name or key cannot be one
 */
export async function makeNoteKey(name: string, publicKey: Uint8Array, sha256: Sha256): Promise<NoteKey> {
  if (!isKeyName(name)) throw new LogFormatError('vkey', `${JSON.stringify(name)} cannot name a key`);
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new LogFormatError('vkey', `an Ed25519 key has ${PUBLIC_KEY_BYTES} bytes`);
  }
  const hashed = await sha256(concatBytes(encodeUtf8(`${name}\n`), Uint8Array.of(ED25519), publicKey));
  return { name, id: hashed.slice(0, KEY_ID_BYTES), publicKey };
}

/** The key as text, `<name>+<id in hex>+<type and key in base64>`: what a verifier is given. */
export function formatVkey({ name, id, publicKey }: NoteKey): string {
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${name}+${hex}+${encodeBase64(concatBytes(Uint8Array.of(ED25519), publicKey))}`;
}

/**
 * Reads a key as text.
 *
 * @throws LogFormatError `vkey` when it is none, is not Ed25519 or its id is not that of its name and key
 */
export async function parseVkey(vkey: string, sha256: Sha256): Promise<NoteKey> {
  const parts = splitVkey(vkey);
  if (parts === undefined)
    throw new LogFormatError('vkey', 'it is not <name>+<8 hex digits>+<base64>, Ed25519');
  const key = await makeNoteKey(parts.name, parts.publicKey, sha256);
  if (formatVkey(key) !== vkey) throw new LogFormatError('vkey', 'its id is not that of its name and key');
  return key;
}

/** Name and public key of a vkey whose id is not looked at; `undefined` for text that cannot be one. */
export function splitVkey(vkey: string): Pick<NoteKey, 'name' | 'publicKey'> | undefined {
  const { name = '', key = '' } = VKEY.exec(vkey)?.groups ?? {};
  const [type, ...publicKey] = decodeBase64(key) ?? [];
  if (!isKeyName(name) || type !== ED25519 || publicKey.length !== PUBLIC_KEY_BYTES) return undefined;
  return { name, publicKey: Uint8Array.from(publicKey) };
}

export function isSameKey(key: NoteKey, name: string, id: Uint8Array): boolean {
  return key.name === name && equalBytes(key.id, id);
}
