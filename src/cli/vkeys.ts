import { readFile } from 'node:fs/promises';
import { LogFormatError } from '../domain/log/log-format-error.js';
import { nodeCrypto } from '../domain/log/node-crypto.js';
import { type NoteKey, parseVkey } from '../domain/log/note-key.js';
import { isJsonObject } from '../domain/strict-json.js';
import { Failure, fileFailure } from './failure.js';

export interface VkeyOptions {
  readonly vkey?: readonly string[];
  readonly vkeyFile?: string;
}

/**
 * The log's public keys, as the verifier has them from elsewhere.
 *
 * @throws Failure when there is none or one is malformed
 */
export async function readVkeys({ vkey = [], vkeyFile }: VkeyOptions): Promise<readonly NoteKey[]> {
  const texts = [...vkey, ...(vkeyFile === undefined ? [] : await readVkeyFile(vkeyFile))];
  if (texts.length === 0) {
    throw new Failure(
      'without a key nothing can be verified',
      "give the log's public key with --vkey; the ledger prints it when it starts, /.well-known/jwks.json has it too",
    );
  }
  return Promise.all(texts.map(parse));
}

/** A vkey per line, `#` before remarks, or a JWK Set as the ledger publishes it. */
async function readVkeyFile(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(`cannot read ${path}`, error);
  });
  const vkeys = text.trimStart().startsWith('{') ? vkeysOfJwks(text) : vkeysOfLines(text);
  if (vkeys.length === 0) throw new Failure(`${path} holds no vkey`, 'it should have one per line');
  return vkeys;
}

function vkeysOfLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function vkeysOfJwks(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    const keys: unknown = isJsonObject(value) ? value['keys'] : undefined;
    if (!Array.isArray(keys)) return [];
    const vkeys = keys.map((key: unknown) => (isJsonObject(key) ? key['vkey'] : undefined));
    return vkeys.filter((vkey) => typeof vkey === 'string');
  } catch {
    return [];
  }
}

async function parse(text: string): Promise<NoteKey> {
  try {
    return await parseVkey(text, nodeCrypto.sha256);
  } catch (error) {
    if (!(error instanceof LogFormatError)) throw error;
    throw new Failure(`"${text}": ${error.message}`, 'copy it whole: <name>+<8 hex digits>+<base64>');
  }
}
