import { createHash } from 'node:crypto';
import type { EctClaims } from '../domain/ect/claims.js';
import { checkHeader, SIGNATURE_ALGORITHMS, type EctHeader } from '../domain/ect/header.js';
import { decodeEct } from '../domain/ect/jws.js';
import { readClaims } from '../domain/ect/read-claims.js';
import type { PublicJwk } from '../domain/entry.js';
import { decodeLeaf, type EctLeaf, type Leaf } from '../domain/log/leaf.js';
import { trustDigest } from '../domain/trust-configuration.js';
import { isJsonObject } from '../domain/strict-json.js';
import type { EntryColumns, StoredPlace } from './ports/audit-store.js';
import type { VerificationKey } from './ports/key-resolver.js';
import type { SignatureVerifier } from './ports/signature-verifier.js';
import type { Findings } from './audit-findings.js';

/** As the database has them. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A stored token, taken apart again. */
export interface AuditedToken {
  readonly compact: string;
  readonly header: EctHeader;
  readonly claims: EctClaims;
}

/** A stored place after what can be said of it by itself. */
export interface AuditedPlace extends StoredPlace {
  readonly ect: AuditedToken | undefined;
}

/** A recorded public key; `undefined` where the stored one is not that of its thumbprint. */
export type RecordedKeys = ReadonlyMap<string, PublicJwk | undefined>;

/** Compares leaf, entry and token of one place. */
export function auditPlace(place: StoredPlace, findings: Findings): AuditedPlace {
  const { index, leaf: bytes, entry, token } = place;
  const leaf = readLeaf(index, bytes, findings);
  auditConfiguration(place, leaf, findings);
  if (leaf !== undefined && leaf.kind !== 'ect') {
    if (entry)
      findings.add(
        index,
        'entry-unexpected',
        `the leaf ${index} is of kind ${leaf.kind}, yet an entry is there`,
      );
    if (token)
      findings.add(
        index,
        'token-unexpected',
        `the leaf ${index} is of kind ${leaf.kind}, yet a token is there`,
      );
    return { ...place, ect: undefined };
  }
  if (entry === undefined) findings.add(index, 'entry-missing', `the entry at index ${index} is missing`);
  if (token === undefined) findings.add(index, 'token-missing', `the token at index ${index} is missing`);
  if (leaf && entry) compareColumns(index, entry, leaf, findings);
  if (token === undefined) return { ...place, ect: undefined };
  compareDigest(index, token, leaf?.digest ?? entry?.digest, findings);
  const ect = readToken(index, token, findings);
  if (ect && entry) compareClaims(index, entry, ect, findings);
  return { ...place, ect };
}

/** Checks the signature again with the recorded key: with what its thumbprint covers and nothing else of the stored JWK. */
export async function auditSignature(
  { index, entry, ect }: AuditedPlace,
  keys: RecordedKeys,
  verifier: SignatureVerifier,
  findings: Findings,
): Promise<void> {
  if (!entry || !ect) return;
  if (!keys.has(entry.jkt)) {
    findings.add(
      index,
      'key-missing',
      `the public key ${entry.jkt} of the entry at index ${index} is missing`,
    );
    return;
  }
  const jwk = keys.get(entry.jkt);
  if (jwk === undefined) {
    findings.add(
      index,
      'key-changed',
      `the public key of the entry at index ${index} has not the thumbprint ${entry.jkt}`,
    );
    return;
  }
  const key: VerificationKey = { iss: ect.claims.iss, kid: ect.header.kid, jkt: entry.jkt, jwk };
  const isValid = await verifier.verify(ect.compact, key, ect.header.alg).catch(() => false);
  if (!isValid)
    findings.add(index, 'signature-invalid', `the recorded key did not sign the token at index ${index}`);
}

/** The members that RFC 7638 §3.2 and RFC 8037 §2 hash; `undefined` for what is no JWK. */
export function thumbprintMembers(text: string): PublicJwk | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value) || typeof value['kty'] !== 'string') return undefined;
  const { crv, x, y, n, e } = value;
  const members = Object.entries({ crv, x, y, n, e }).filter(([, member]) => member !== undefined);
  return { ...Object.fromEntries(members), kty: value['kty'] };
}

/** What was trusted is there for every trust leaf, byte for byte, and for no other. */
function auditConfiguration(
  { index, configuration }: StoredPlace,
  leaf: Leaf | undefined,
  findings: Findings,
): void {
  if (leaf?.kind !== 'trust') {
    if (configuration)
      findings.add(
        index,
        'trust-unexpected',
        `a trust configuration is stored for index ${index}, where no trust leaf is`,
      );
  } else if (configuration === undefined)
    findings.add(index, 'trust-missing', `the trust configuration of leaf ${index} is missing`);
  else if (trustDigest(configuration) !== leaf.digest || configuration.length !== leaf.sizeBytes)
    findings.add(
      index,
      'trust-changed',
      `the trust configuration of leaf ${index} is not the one that the leaf commits to`,
    );
}

function readLeaf(index: number, bytes: Uint8Array | undefined, findings: Findings): Leaf | undefined {
  if (bytes === undefined) {
    findings.add(index, 'leaf-missing', `the leaf ${index} is missing`);
    return undefined;
  }
  try {
    const leaf = decodeLeaf(bytes);
    if ((leaf.kind === 'genesis') === (index === 0)) return leaf;
    findings.add(index, 'leaf-unexpected', `a leaf of kind ${leaf.kind} can't be at index ${index}`);
    return leaf;
  } catch (error) {
    findings.add(index, 'leaf-malformed', `the leaf ${index} is no leaf: ${String(error)}`);
    return undefined;
  }
}

function compareColumns(index: number, entry: EntryColumns, leaf: EctLeaf, findings: Findings): void {
  for (const column of ['jti', 'digest', 'jkt', 'recordedAtMs'] as const) {
    if (entry[column] !== leaf[column])
      findings.add(
        index,
        'entry-changed',
        `${column} of the entry at index ${index} is not that of its leaf`,
      );
  }
}

function compareDigest(
  index: number,
  token: Uint8Array,
  recorded: string | undefined,
  findings: Findings,
): void {
  const actual = createHash('sha256').update(token).digest('base64url');
  if (recorded !== undefined && actual !== recorded)
    findings.add(index, 'token-changed', `the token at index ${index} is not the one that was recorded`);
}

function readToken(index: number, token: Uint8Array, findings: Findings): AuditedToken | undefined {
  try {
    const decoded = decodeEct(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(token),
      Infinity,
    );
    const header = checkHeader(decoded.header, SIGNATURE_ALGORITHMS);
    const claims = readClaims(decoded.payload, header.profile);
    if (![claims.jti, claims.wid ?? claims.jti, ...claims.parents].every((id) => UUID.test(id)))
      throw new TypeError('a task it names is no UUID');
    return { compact: decoded.compact, header, claims };
  } catch (error) {
    findings.add(index, 'token-malformed', `the token at index ${index} can't be read: ${String(error)}`);
    return undefined;
  }
}

function compareClaims(
  index: number,
  entry: EntryColumns,
  { header, claims }: AuditedToken,
  findings: Findings,
): void {
  const said: Partial<EntryColumns> = {
    jti: claims.jti,
    wid: claims.wid,
    iss: claims.iss,
    execAct: claims.execAct,
    iat: claims.iat,
    polDecision: claims.polDecision,
    parents: claims.parents.join(','),
    profile: header.profile.name,
    alg: header.alg,
    kid: header.kid,
  };
  for (const [column, value] of Object.entries(said)) {
    if (entry[column as keyof EntryColumns] !== value)
      findings.add(
        index,
        'entry-changed',
        `${column} of the entry at index ${index} is not what its token says`,
      );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
