import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, fileFailure } from './failure.js';
import type { Shell } from './shell.js';

/** Where tokens come from: a file or standard input. */
export interface TokenSource {
  readonly name: string;
  /** Bytes to be read; unknown for a stream. */
  readonly size: number | undefined;
  readonly open: () => AsyncIterable<Uint8Array>;
}

const TOKEN_FILE = /\.(jwt|ect|ndjson|txt)$/i;

/**
 * The sources that the arguments of `record` name: files as they are, folders with their token files at any depth (in the order of
 * their names; links to folders are not followed), `-` or nothing for standard input.
 *
 * @throws Failure when a path can't be read, or nothing is named and a person sits at standard input
 */
export async function findSources(paths: readonly string[], shell: Shell): Promise<TokenSource[]> {
  if (paths.length === 0 && shell.stdin.isTTY) {
    throw new Failure(
      'nothing to record',
      'name files or a folder, or pipe tokens in: ect-ledger record tokens.ndjson',
    );
  }
  const sources: TokenSource[] = [];
  for (const path of paths.length === 0 ? ['-'] : paths) {
    if (path === '-') sources.push({ name: 'standard input', size: undefined, open: () => shell.stdin });
    else for await (const file of filesOf(path)) sources.push(file);
  }
  return sources;
}

async function* filesOf(path: string): AsyncGenerator<TokenSource> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileFailure(`cannot read ${path}`, error);
  });
  if (!found.isDirectory()) yield fileSource(path, found.isFile() ? found.size : undefined);
  else yield* filesBelow(path);
}

async function* filesBelow(folder: string): AsyncGenerator<TokenSource> {
  const members = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure(`cannot read ${folder}`, error);
  });
  for (const member of members.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, member.name);
    if (member.isDirectory()) yield* filesBelow(path);
    else if (TOKEN_FILE.test(member.name)) yield* filesOf(path);
  }
}

function fileSource(path: string, size: number | undefined): TokenSource {
  return { name: path, size, open: () => readFileBytes(path) };
}

async function* readFileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    throw fileFailure(`cannot read ${path}`, error);
  }
}
