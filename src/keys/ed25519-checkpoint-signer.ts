import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { CheckpointSigner } from '../application/ports/checkpoint-signer.js';
import { nodeCrypto } from '../domain/log/node-crypto.js';
import { makeNoteKey, type NoteKey } from '../domain/log/note-key.js';

const PEM_BLOCK = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/g;
const OTHERS_MAY_READ = 0o077;

/** Why the log's key can't be used; the message says what to do and never shows key material. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
}

/** Signs checkpoints with an Ed25519 key (RFC 8032) held in this process. */
export class Ed25519CheckpointSigner extends CheckpointSigner {
  private constructor(
    override readonly key: NoteKey,
    private readonly privateKey: KeyObject,
  ) {
    super();
  }

  override readonly sign = (message: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(sign(null, message, this.privateKey));

  /** @param name the log's origin */
  static async of(privateKey: KeyObject, name: string): Promise<Ed25519CheckpointSigner> {
    if (privateKey.asymmetricKeyType !== 'ed25519')
      throw new SigningKeyError('the signing key is not an Ed25519 key');
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
    const publicKey = Uint8Array.from(Buffer.from(x ?? '', 'base64url'));
    return new Ed25519CheckpointSigner(await makeNoteKey(name, publicKey, nodeCrypto.sha256), privateKey);
  }

  /** A key of this process only: for a log that ends with it. */
  static generate(name: string): Promise<Ed25519CheckpointSigner> {
    return Ed25519CheckpointSigner.of(generateKeyPairSync('ed25519').privateKey, name);
  }
}

/**
 * The signers of a key file: one PKCS#8 PEM block each, the log's identity first. Without a file a key is created (0600); an existing one
 * is never overwritten.
 *
 * @throws SigningKeyError when the file is readable by others or holds anything but Ed25519 keys
 */
export async function loadCheckpointSigners(
  file: string,
  name: string,
): Promise<readonly [CheckpointSigner, ...CheckpointSigner[]]> {
  await createKeyFile(file);
  const { mode } = await stat(file);
  if ((mode & OTHERS_MAY_READ) !== 0) {
    throw new SigningKeyError(`the signing key ${file} is readable by others: chmod 600 it`);
  }
  const blocks = (await readFile(file, 'utf8')).match(PEM_BLOCK) ?? [];
  const signers = await Promise.all(
    blocks.map((pem) => Ed25519CheckpointSigner.of(readKey(pem, file), name)),
  );
  const [first, ...others] = signers;
  if (!first) throw new SigningKeyError(`${file} holds no PKCS#8 private key in PEM form`);
  return [first, ...others];
}

/**
 * The public keys of a key file, without creating one.
 *
 * @returns nothing where there is no file
 * @throws SigningKeyError when the file holds anything but Ed25519 keys
 */
export async function readCheckpointKeys(file: string, name: string): Promise<readonly NoteKey[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const pems = text.match(PEM_BLOCK) ?? [];
  return Promise.all(
    pems.map(async (pem) => (await Ed25519CheckpointSigner.of(readKey(pem, file), name)).key),
  );
}

function readKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new SigningKeyError(`${file} holds a private key that can't be read`);
  }
}

async function createKeyFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(pem);
    await handle.sync();
    await handle.close();
  } catch (error) {
    if (!types.isNativeError(error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
}
