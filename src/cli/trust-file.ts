import { isJsonObject } from '../domain/strict-json.js';
import { Failure } from './failure.js';
import { changeJson, readText } from './json-file.js';
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

/** Of a new trust file: there is nothing secret in it. */
const PUBLIC_MODE = 0o644;

/**
 * Adds keys to a trust file, which it creates when absent. The file is replaced as a whole, so a reader sees the old or the new version.
 *
 * @returns the keys that were not there before
 * @throws Failure when an issuer has another key of the same `kid`, keeps its keys elsewhere, or the file is no trust file
 */
export async function trustKeys(path: string, keys: readonly TrustedKey[]): Promise<readonly TrustedKey[]> {
  return changeJson(path, PUBLIC_MODE, (text) => {
    const document = parseTrustDocument(text, path);
    const fresh = keys.filter((key) => !isTrusted(document, key, path));
    return { result: fresh, ...(fresh.length > 0 && { replacement: fresh.reduce(withKey, document) }) };
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
