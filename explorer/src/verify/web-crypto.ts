import type { LogCrypto } from '../../../src/domain/log/log-crypto.js';

/** The browser's own cryptography, which is all that verifying needs. */
export const webCrypto: LogCrypto = {
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))),
  verifyEd25519: async (publicKey, message, signature) => {
    try {
      const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, [
        'verify',
      ]);
      return await crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
    } catch (error) {
      if (isUnsupported(error)) throw error;
      return false; // an impossible key
    }
  },
};

/** Browsers have WebCrypto over HTTPS and on localhost only. */
export function hasWebCrypto(): boolean {
  return isSecureContext && (crypto as Partial<Crypto>).subtle !== undefined;
}

/** Ed25519 came to WebCrypto late (Chromium 137, Firefox 129, Safari 17). */
export async function hasEd25519(): Promise<boolean> {
  try {
    await webCrypto.verifyEd25519(new Uint8Array(32), new Uint8Array(1), new Uint8Array(64));
    return true;
  } catch {
    return false;
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotSupportedError';
}
