import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isAbsoluteUri } from '../domain/text.js';
import { isJsonObject } from '../domain/strict-json.js';
import { type PublicJwk, type SigningKey, generateSigningKey, parseSigningKey } from '../index.js';
import { Failure, fileFailure, messageOf, systemCodeOf } from './failure.js';

/** An agent's own key: everything that signing needs. */
export interface AgentKey {
  readonly iss: string;
  readonly key: SigningKey;
}

/** Names a key after the agent it belongs to: `spiffe://example.com/agent/build` → `build-key`. */
export function defaultKid(iss: string): string {
  return `${iss.split(/[/:?#]/).findLast((part) => part !== '') ?? iss}-key`;
}

/** @throws Failure unless `iss` is an absolute URI */
export function assertIssuer(iss: string): void {
  if (isAbsoluteUri(iss)) return;
  throw new Failure(`"${iss}" is no absolute URI`, 'name the agent like spiffe://example.com/agent/build');
}

/** The file that `--out` means: itself, or one named after the key in the folder it is. */
export async function keyPath(out: string, kid: string): Promise<string> {
  const isFolder = out.endsWith('/') || (await stat(out).catch(() => undefined))?.isDirectory();
  if (!isFolder && extname(basename(out)) !== '') return out;
  return join(out, `${kid.replace(/[^A-Za-z0-9._-]/g, '_')}.private.json`);
}

/**
 * Makes a P-256 key and writes its private half, readable by its owner only. Never overwrites a file.
 *
 * @throws Failure when the file exists or can't be written
 */
export async function createKeyFile(path: string, iss: string, kid: string): Promise<PublicJwk> {
  assertIssuer(iss);
  const { privateJwk, publicJwk } = await generateSigningKey(kid);
  const text = `${JSON.stringify({ iss, ...privateJwk }, null, 2)}\n`;
  try {
    await mkdir(dirname(dirname(path)), { recursive: true });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw fileFailure(`cannot write ${path}`, error);
    throw new Failure(
      `${path} exists, and a key is never overwritten`,
      'use it, or name another file with --out',
    );
  }
  return publicJwk;
}

/**
 * Reads a private key file as `keygen` writes it, or a bare private JWK together with `given`.
 *
 * @throws Failure when it is no usable key or does not say whose it is; the message repeats nothing of it
 */
export async function readAgentKey(
  path: string,
  given: { iss?: string; kid?: string } = {},
): Promise<AgentKey> {
  const value = await readJwk(path);
  const iss = given.iss ?? value['iss'];
  if (typeof iss !== 'string')
    throw new Failure(`${path} does not say whose key it is`, 'name the agent with --iss');
  try {
    return { iss, key: await parseSigningKey({ ...value, ...(given.kid && { kid: given.kid }) }) };
  } catch (error) {
    const reason = messageOf(error);
    throw new Failure(`${path}: ${reason}`, 'make a key with: ect-ledger keygen --iss <uri>', {
      cause: error,
    });
  }
}

/** A JWK (or JWK Set) file, not yet checked. @throws Failure when it is no JSON object; without its content, which may be secret */
export async function readJwk(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(`cannot read ${path}`, error);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // The parser's message may repeat a part of the key.
  }
  throw new Failure(
    `${path} is no JWK`,
    'a key file holds one JSON object, as `ect-ledger keygen` prints it',
  );
}
