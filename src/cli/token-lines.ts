import { isJsonObject } from '../domain/strict-json.js';

/** A line longer than this is no token; it is not kept in memory. The ledger's own limit (16 KiB by default) is lower. */
const MAX_LINE_CHARS = 1_048_576;

/** A token and where it stood, or a line that holds none and why. Lines count from 1. */
export type FoundToken =
  | { readonly line: number; readonly ect: string; readonly wit?: string }
  | { readonly line: number; readonly fault: string };

/**
 * Finds the tokens in a stream: one per line, bare or as JSON with a member `ect` (so entries that a ledger answered can be recorded again)
 * and perhaps `wit`, its Workload Identity Token.
 * Empty lines are skipped. Memory is bounded by the longest line that could be a token.
 */
export async function* findTokens(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FoundToken> {
  let line = 0;
  for await (const text of splitLines(bytes)) {
    line += 1;
    const found = readLine(text);
    if (found !== undefined) yield { line, ...found };
  }
}

type Line = { readonly ect: string; readonly wit?: string } | { readonly fault: string };

function readLine(text: string | undefined): Line | undefined {
  if (text === undefined) return { fault: `is longer than ${MAX_LINE_CHARS} characters` };
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return trimmed.startsWith('{') ? readJsonLine(trimmed) : { ect: trimmed };
}

function readJsonLine(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value) || typeof value['ect'] !== 'string')
      return { fault: 'is JSON without a member "ect" that is a string' };
    const ect = value['ect'].trim();
    const { wit } = value;
    if (wit === undefined) return { ect };
    return typeof wit === 'string' ? { ect, wit: wit.trim() } : { fault: 'has a "wit" that is no string' };
  } catch {
    return { fault: 'begins as JSON but is none; JSON takes one line per token' };
  }
}

/** Lines without their ends; `undefined` for one that is too long. */
async function* splitLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let rest: string | undefined = '';
  for await (const chunk of bytes) {
    const [head = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest = bounded(rest, head);
    for (const next of others) {
      yield rest;
      rest = bounded('', next);
    }
  }
  yield bounded(rest, decoder.decode());
}

function bounded(line: string | undefined, more: string): string | undefined {
  return line === undefined || line.length + more.length > MAX_LINE_CHARS ? undefined : line + more;
}
