import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeToken, tokenFileSchema, type TokenRecord } from '../domain/access-token.js';
import { Failure, fileFailure } from './failure.js';
import { changeJson, readText } from './json-file.js';

/** Of a new token file: its hashes are nobody's business. */
const OWN_MODE = 0o600;

/** What the operator says of a token. */
export type TokenGrant = Omit<TokenRecord, 'id' | 'sha256' | 'created_at'>;

/**
 * Makes a token and writes its hash to the file, which is created when absent.
 *
 * @returns the token's text, which is nowhere else
 * @throws Failure when the name is taken or the file is no token file
 */
export async function createToken(path: string, grant: TokenGrant): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileFailure(`cannot make the folder of ${path}`, error);
  });
  return changeJson(path, OWN_MODE, (before) => {
    const tokens = parseTokens(before, path);
    if (tokens.some(({ name }) => name === grant.name))
      throw new Failure(
        `${path} has a token "${grant.name}"`,
        'choose another --name, or revoke that one first',
      );
    const { text, ...made } = makeToken();
    const record = { ...made, ...grant, created_at: new Date().toISOString() };
    return { result: text, replacement: { tokens: [...tokens, record] } };
  });
}

/** @throws Failure when there is no token of this name or id, or the file is no token file */
export async function revokeToken(path: string, nameOrId: string): Promise<TokenRecord> {
  return changeJson(path, OWN_MODE, (before) => {
    const tokens = parseTokens(before, path);
    const revoked = tokens.find(({ name, id }) => name === nameOrId || id === nameOrId);
    if (!revoked) throw new Failure(`${path} has no token "${nameOrId}"`, 'ect-ledger token list shows them');
    return { result: revoked, replacement: { tokens: tokens.filter((token) => token !== revoked) } };
  });
}

/** @throws Failure when the file can't be read or is no token file */
export async function listTokens(path: string): Promise<readonly TokenRecord[]> {
  return parseTokens(await readText(path), path);
}

function parseTokens(text: string | undefined, path: string): readonly TokenRecord[] {
  if (text === undefined) return [];
  try {
    const parsed = tokenFileSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data.tokens;
  } catch {
    // Said below: for the reader no JSON and other JSON are the same trouble.
  }
  throw new Failure(`${path} is no token file`, 'mend it, or name another with --file');
}
