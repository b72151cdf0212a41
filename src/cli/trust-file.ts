import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject } from '../domain/strict-json.js';
import { Failure, fileFailure, systemCodeOf } from './failure.js';
import { type NamedJwk, thumbprint } from './public-jwk.js';

/** A key and the issuer it may speak for. */
export interface TrustedKey {
  readonly iss: string;
  readonly jwk: NamedJwk;
}

/** An issuer or a trust domain as the trust file names it; its keys are in the file (`jwks`, `bundle`) or elsewhere. */
export type TrustedIssuer = Readonly<Record<string, unknown>>;

interface TrustDocument {
  readonly issuers: readonly TrustedIssuer[];
}

const NOBODY: TrustDocument = { issuers: [] };

/** An edit takes milliseconds; a lock that stays longer was left behind. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_POLL_MS = 20;

/**
 * Adds keys to a trust file, which it creates when absent. The file is replaced as a whole, so a reader sees the old or the new version.
 *
 * @returns the keys that were not there before
 * @throws Failure when an issuer has another key of the same `kid`, keeps its keys elsewhere, or the file is no trust file
 */
export async function trustKeys(path: string, keys: readonly TrustedKey[]): Promise<readonly TrustedKey[]> {
  const target = await realpath(path).catch(() => path);
  return whileLocked(`${target}.lock`, async () => {
    const document = parseTrustDocument(await readText(path), path);
    const fresh = keys.filter((key) => !isTrusted(document, key, path));
    if (fresh.length > 0) await replaceJson(target, fresh.reduce(withKey, document));
    return fresh;
  });
}

/** The issuers of a trust file. @throws Failure when it can't be read or is none */
export async function readIssuers(path: string): Promise<readonly TrustedIssuer[]> {
  return parseTrustDocument(await readText(path), path).issuers;
}

/** The keys that stand in the trust file itself. */
export function keysOf(issuer: TrustedIssuer): readonly Readonly<Record<string, unknown>>[] {
  const jwks = issuer.jwks ?? issuer.bundle;
  return isJsonObject(jwks) && Array.isArray(jwks['keys']) ? jwks['keys'].filter(isJsonObject) : [];
}

/** The file or address that the keys are taken from instead. */
export function keysElsewhere(issuer: TrustedIssuer): string | undefined {
  return [issuer.jwks_file, issuer.jwks_uri, issuer.bundle_file, issuer.bundle_uri].find(
    (place) => typeof place === 'string',
  );
}

function isTrusted({ issuers }: TrustDocument, { iss, jwk }: TrustedKey, path: string): boolean {
  const issuer = issuers.find((one) => one['iss'] === iss);
  const elsewhere = issuer && keysElsewhere(issuer);
  if (elsewhere !== undefined) {
    throw new Failure(`${path} takes the keys of ${iss} from ${elsewhere}`, 'add the key there');
  }
  const namesake = issuer && keysOf(issuer).find(({ kid }) => kid === jwk.kid);
  if (namesake === undefined) return false;
  if (thumbprint(namesake) === thumbprint(jwk)) return true;
  throw new Failure(
    `${path} has another key "${jwk.kid}" of ${iss}`,
    'a new key needs a new kid: ect-ledger keygen --kid <name>',
  );
}

function withKey(document: TrustDocument, { iss, jwk }: TrustedKey): TrustDocument {
  const isKnown = document.issuers.some((issuer) => issuer['iss'] === iss);
  const issuers = isKnown ? document.issuers : [...document.issuers, { iss, jwks: { keys: [] } }];
  const add = (issuer: TrustedIssuer): TrustedIssuer =>
    issuer['iss'] === iss ? { ...issuer, jwks: { keys: [...keysOf(issuer), jwk] } } : issuer;
  return { ...document, issuers: issuers.map(add) };
}

function parseTrustDocument(text: string | undefined, path: string): TrustDocument {
  if (text === undefined) return NOBODY;
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value) && Array.isArray(value['issuers']) && value['issuers'].every(isJsonObject)) {
      return { ...value, issuers: value['issuers'] };
    }
  } catch {
    // Said below: for the reader no JSON and other JSON are the same trouble.
  }
  throw new Failure(
    `${path} is no trust file`,
    'it should hold {"issuers": [...]}; mend it or name another with --file',
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fileFailure(`cannot read ${path}`, error);
  }
}

/** Lets one process at a time change the file, so that none overwrites what another added. */
async function whileLocked<T>(lock: string, act: () => Promise<T>): Promise<T> {
  const giveUpAtMs = Date.now() + LOCK_PATIENCE_MS;
  while (!(await take(lock))) {
    if (Date.now() > giveUpAtMs) {
      throw new Failure(`${lock} is held by another process`, 'remove the file if that process is gone');
    }
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw fileFailure(`cannot write ${lock}`, error);
  }
}

/** Temporary file, flushed, then renamed over the old one, whose mode it keeps. */
async function replaceJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0o644;
    await writeFlushed(await open(temporary, 'wx', mode & 0o777), `${JSON.stringify(value, null, 2)}\n`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileFailure(`cannot write ${path}`, error);
  }
}

async function writeFlushed(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
