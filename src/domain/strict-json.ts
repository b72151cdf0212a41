/**
 * Parses JSON text (RFC 8259) and refuses duplicate member names at any depth, compared after unescaping (ECT §7 check 2).
 *
 * The text is hostile: time and memory are linear in its length, depth costs no stack, and a member named `__proto__` becomes an
 * ordinary own property.
 *
 * @throws SyntaxError with a message for the sender
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseDuplicateNames(text);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

/** Longest part of a member name that an error message repeats, in UTF-16 units; ours. */
const MAX_SHOWN_NAME = 64;

/** @param text already known to be valid JSON, in which a string before a colon is always a member name */
function refuseDuplicateNames(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT) open.push(new Set());
    else if (code === OPEN_ARRAY) open.push(undefined);
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop();
    else if (code === QUOTE) {
      const start = at;
      at = endOfString(text, start);
      if (isMemberName(text, at + 1)) addName(open.at(-1), text.slice(start, at + 1));
    }
  }
}

/** Position of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function isMemberName(text: string, afterString: number): boolean {
  let at = afterString;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function addName(names: Set<string> | undefined, quoted: string): void {
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (names?.has(name)) {
    throw new SyntaxError(
      `member name ${JSON.stringify(name.slice(0, MAX_SHOWN_NAME))} appears more than once`,
    );
  }
  names?.add(name);
}

/** Whether a parsed JSON value is an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
