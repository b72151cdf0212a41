/** Arguments of one call: every engine takes so many. */
const MAX_ARGUMENTS = 8_192;

/** Standard base64 with padding (RFC 4648 §4), as C2SP's formats have it. Without Node's `Buffer`, which no browser has. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += MAX_ARGUMENTS)
    binary += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + MAX_ARGUMENTS)) as string;
  return btoa(binary);
}

/** Base64url without padding (RFC 4648 §5), as hashes inside tokens and leaves have it. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * Decodes standard base64 in its one canonical form: padded, no white space, trailing bits zero.
 *
 * @returns `undefined` when the text is anything else
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  // `atob` is lenient but `btoa` canonical, so only canonical text survives the way there and back.
  return btoa(binary) === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined;
}
