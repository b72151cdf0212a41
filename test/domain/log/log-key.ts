import { type KeyObject, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import type { NoteSigner } from '../../../src/domain/log/note.js';
import { makeNoteKey } from '../../../src/domain/log/note-key.js';

/** A signer with a fresh Ed25519 key, or another name for a key there is. */
export async function makeSigner(
  name: string,
  privateKey: KeyObject = generateKeyPairSync('ed25519').privateKey,
): Promise<NoteSigner & { readonly privateKey: KeyObject }> {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const key = await makeNoteKey(name, Buffer.from(x, 'base64url'), nodeCrypto.sha256);
  return { key, privateKey, sign: (message) => Promise.resolve(sign(null, message, privateKey)) };
}
