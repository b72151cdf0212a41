/** `scheme ":"` and a rest, in the characters of RFC 3986 §2 only: no white space, no control characters, nothing beyond ASCII. */
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** Control characters (C0, DEL, C1) and lone surrogates: neither can be shown, and a database refuses some of them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Longest issuer in characters; ours, so that it fits a database index. */
export const MAX_ISSUER_LENGTH = 2048;

export function isAbsoluteUri(text: string): boolean {
  return ABSOLUTE_URI.test(text);
}

/** Whether the text has 1 to `maxCodePoints` code points, none of them a control character or a lone surrogate. */
export function isPlainText(text: string, maxCodePoints: number): boolean {
  const length = Array.from(text).length;
  return length >= 1 && length <= maxCodePoints && !UNPRINTABLE.test(text);
}
