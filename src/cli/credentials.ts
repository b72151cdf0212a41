import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { LedgerClient } from './client.js';
import { Failure, fileFailure } from './failure.js';
import type { Shell } from './shell.js';

/** How a command reaches the ledger. */
export interface Connection {
  readonly url: string;
  readonly tokenFile?: string;
}

/** A token never stands on a command line, which every user of the machine can see. */
export function tokenFileOption(): Option {
  return new Option(
    '--token-file <path>',
    'file with the token to show to the ledger; ECT_LEDGER_TOKEN sets the token itself',
  );
}

/** @throws Failure when the file can't be read or holds no token */
export async function connect({ url, tokenFile }: Connection, shell: Shell): Promise<LedgerClient> {
  return new LedgerClient(url, await tokenOf(tokenFile, shell));
}

/** The token of the file, else that of the environment, if there is one. */
export async function tokenOf(
  tokenFile: string | undefined,
  { env }: Pick<Shell, 'env'>,
): Promise<string | undefined> {
  const text = tokenFile === undefined ? env['ECT_LEDGER_TOKEN'] : await readTokenFile(tokenFile);
  if (text === undefined) return undefined;
  const token = text.trim();
  // It becomes a header; the message repeats nothing of it.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure(
    `${tokenFile ?? 'ECT_LEDGER_TOKEN'} holds no token`,
    'it should be the one line that `ect-ledger token create` printed, or an access token',
  );
}

async function readTokenFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(`cannot read ${path}`, error);
  });
}
