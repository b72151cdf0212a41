/** SHA-256 of some bytes, 32 bytes. Node answers at once, WebCrypto with a promise. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/**
 * All the cryptography that *verifying* needs. Whatever takes it imports neither Node nor a library, so that it runs in a browser as
 * well: there `crypto.subtle` gives both functions, here `nodeCrypto` does.
 */
export interface LogCrypto {
  readonly sha256: Sha256;

  /**
   * Whether the signature is right (RFC 8032, Ed25519). All three are hostile: an impossible key or signature is an answer `false`.
   *
   * @param publicKey 32 bytes
   */
  readonly verifyEd25519: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean | Promise<boolean>;
}
