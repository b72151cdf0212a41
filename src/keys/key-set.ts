import type { VerificationKey } from '../application/ports/key-resolver.js';
import { isJsonObject } from '../domain/strict-json.js';
import type { KeyOwnerKind } from './key-owner.js';
import { RemoteJwks } from './remote-jwks.js';
import { isSecretJwk, toVerificationKey } from './trusted-jwk.js';

/** The keys of one issuer or one trust domain, by `kid`. */
export type KeyMap = ReadonlyMap<string, VerificationKey>;

/** Keys that are at hand, or a set that is fetched. */
export type KeySet = KeyMap | RemoteJwks<KeyMap>;

/** @throws LedgerError `store-unavailable` when the set can't be fetched */
export function findKey(
  set: KeySet,
  kid: string,
): VerificationKey | undefined | Promise<VerificationKey | undefined> {
  return set instanceof RemoteJwks ? set.find((keys) => keys.get(kid)) : set.get(kid);
}

/**
 * The keys of a JWK Set that others keep. What the ledger has no use for is ignored (RFC 7517 §5). A set that holds a secret key, or two keys
 * of one name, is refused as a whole: whoever keeps it has lost control of it.
 *
 * @param name the issuer or trust domain whose set it is
 * @throws Error with the reason
 */
export async function readKeyMap(name: string, document: unknown, { pick }: KeyOwnerKind): Promise<KeyMap> {
  const list = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(list)) throw new Error('is no JWK Set');
  if (list.some(isSecretJwk)) throw new Error('holds a secret key, so it is compromised');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of list as readonly unknown[]) {
    const made = await toVerificationKey(name, pick(jwk), 'jwks_uri');
    if ('problems' in made) continue;
    const known = keys.get(made.key.kid);
    if (known !== undefined && known.jkt !== made.key.jkt) throw new Error('holds two keys of one kid');
    keys.set(made.key.kid, made.key);
  }
  return keys;
}
