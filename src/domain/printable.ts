/** Control, format (bidirectional overrides, zero-width), unassigned and private characters, lone surrogates, line separators. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside, fit for a terminal: whatever could move the cursor, change colours or reorder what is read is shown as `\u{1b}`.
 * Every word of the command's output and of the pictures passes through here, since an issuer chooses what stands in its tokens.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON that may be shown in a terminal and still parses to the same value; `indent` 0 keeps it on one line. */
export function printableJson(value: unknown, indent = 2): string {
  // JSON.stringify escapes C0 itself; the only raw control character left is the line feed of the indentation.
  return JSON.stringify(value, null, indent).replace(UNSAFE, (char) =>
    char === '\n' ? char : escaped(char),
  );
}

function escaped(char: string): string {
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
