import type { NoteSigner } from '../../domain/log/note.js';

/**
 * Signs checkpoints for the log. Where the private key is (a file, a KMS, an HSM) is the adapter's affair; only the signature comes out.
 * A rejection fails the append that asked, and nothing of it persists.
 */
export abstract class CheckpointSigner implements NoteSigner {
  abstract readonly key: NoteSigner['key'];
  abstract readonly sign: NoteSigner['sign'];
}
