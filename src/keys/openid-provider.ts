import type { JWTHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../application/ports/clock.js';
import type { PublicJwk } from '../domain/entry.js';
import { isJsonObject } from '../domain/strict-json.js';
import { faultOfKeyUrl } from './download.js';
import { RemoteJwks } from './remote-jwks.js';
import { isSecretJwk } from './trusted-jwk.js';

export interface ProviderOptions {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Where its keys are; unset: where its discovery document says. */
  readonly jwksUri?: string | undefined;
  readonly clock: Clock;
  /** How long the last good keys may be used beyond their age while the provider fails. */
  readonly staleMs: number;
  readonly log: { info(message: string): void; warn(message: string): void };
}

/** A public key of the provider. */
export type ProviderKey = PublicJwk & { readonly kid: string };

type ProviderKeys = ReadonlyMap<string, ProviderKey>;

/** The kind of key that each algorithm needs (RFC 7518 §3, RFC 8037 §3.1): signatures only, never a shared secret. */
const KEY_KINDS: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
};

/** What access tokens may be signed with. */
export const SIGNATURE_ALGORITHMS: readonly string[] = Object.keys(KEY_KINDS);

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });

/**
 * Finds the provider's key that a token's header names; `undefined` when it has none that fits.
 *
 * @throws LedgerError `store-unavailable` when the provider can't be asked
 */
export function providerKeys(
  options: ProviderOptions,
): (header: JWTHeaderParameters) => Promise<ProviderKey | undefined> {
  const findSet = options.jwksUri === undefined ? discoveredSet(options) : fixedSet(options, options.jwksUri);
  return async ({ kid, alg }) => {
    if (kid === undefined) return undefined;
    const set = await findSet();
    const key = await set.find((keys) => keys.get(kid));
    return key && serves(key, alg) ? key : undefined;
  };
}

function fixedSet(options: ProviderOptions, url: string): () => RemoteJwks<ProviderKeys> {
  const set = keySet(options, new URL(url));
  return () => set;
}

/** OpenID Connect Discovery 1.0 §4: the document stands below the issuer and must name it. */
function discoveredSet(options: ProviderOptions): () => Promise<RemoteJwks<ProviderKeys>> {
  const sets = new Map<string, RemoteJwks<ProviderKeys>>();
  const parse = (document: unknown): Promise<RemoteJwks<ProviderKeys>> => {
    const parsed = discoverySchema.safeParse(document);
    if (!parsed.success) throw new Error('is no discovery document');
    const { issuer, jwks_uri: url } = parsed.data;
    if (issuer !== options.issuer) throw new Error('names another issuer');
    const fault = faultOfKeyUrl(url);
    if (fault !== undefined) throw new Error(`its jwks_uri ${fault}`);
    const set = sets.get(url) ?? keySet(options, new URL(url));
    sets.clear();
    sets.set(url, set);
    return Promise.resolve(set);
  };
  const url = new URL(`${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const discovery = new RemoteJwks({
    ...common(options, 'OpenID discovery'),
    url,
    parse,
  });
  return async () => {
    const set = await discovery.find((found) => found);
    if (!set) throw new Error('the discovery came back empty');
    return set;
  };
}

function keySet(options: ProviderOptions, url: URL): RemoteJwks<ProviderKeys> {
  return new RemoteJwks({ ...common(options, 'keys'), url, parse: readKeys });
}

function common({ issuer, clock, staleMs, log }: ProviderOptions, what: string) {
  let last: string | undefined = '';
  const onFetch = (_name: string, fault: string | undefined) => {
    if (fault !== last && fault === undefined) log.info(`${what} of ${issuer}: fetched`);
    if (fault !== last && fault !== undefined) log.warn(`${what} of ${issuer}: not fetched: ${fault}`);
    last = fault;
  };
  return { name: issuer, clock, staleMs, onFetch };
}

/** Rejects when the whole set is to be refused. */
function readKeys(document: unknown): Promise<ProviderKeys> {
  return new Promise((resolve) => {
    resolve(parseKeys(document));
  });
}

function parseKeys(document: unknown): ProviderKeys {
  const list = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(list)) throw new Error('is no JWK Set');
  if (list.some(isSecretJwk)) throw new Error('holds a secret key, so it is compromised');
  const keys = new Map<string, ProviderKey>();
  for (const jwk of list as readonly unknown[]) if (isKey(jwk)) keys.set(jwk.kid, jwk);
  return keys;
}

function isKey(jwk: unknown): jwk is ProviderKey {
  return isJsonObject(jwk) && typeof jwk['kid'] === 'string' && typeof jwk['kty'] === 'string';
}

/** RFC 7517 §4: type, curve, `alg` and `use`. */
function serves(key: ProviderKey, alg: string): boolean {
  const kind = KEY_KINDS[alg];
  return (
    key.kty === kind?.kty &&
    (kind.crv === undefined || key['crv'] === kind.crv) &&
    (key['alg'] === undefined || key['alg'] === alg) &&
    (key['use'] === undefined || key['use'] === 'sig')
  );
}
