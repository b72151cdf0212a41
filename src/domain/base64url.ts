/**
 * Decodes base64url (RFC 4648 §5) in its one canonical form: no padding, no white space, no other alphabet, trailing bits zero.
 *
 * @returns `undefined` when the text is anything else
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Node decodes leniently but encodes canonically, so only canonical text survives the way there and back.
  return bytes.toString('base64url') === text ? bytes : undefined;
}
