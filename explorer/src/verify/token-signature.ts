import { calculateJwkThumbprint, compactVerify, errors, importJWK, type JWK } from 'jose';
import type { Check } from './check.js';

const TITLES = {
  key: 'The key is the one that the leaf names',
  signature: 'The agent signed the token',
} as const;

/** The ledger's allow-list at its widest (ECT §4): never `none`, never a shared secret. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'Ed25519', 'EdDSA'];

/**
 * Whether the token is signed by the key that the leaf names by its thumbprint (RFC 7638).
 *
 * @param jwk the key as the ledger gives it, hostile; `undefined` when it gives none
 * @param jkt the thumbprint that the leaf commits to
 */
export async function checkTokenSignature(
  ect: string,
  jwk: Readonly<Record<string, unknown>> | undefined,
  jkt: string | undefined,
): Promise<readonly Check[]> {
  if (jwk === undefined) {
    const detail = 'this ledger does not hand out the key; take it from the issuer';
    return [
      { name: 'key', title: TITLES.key, outcome: 'skipped', detail },
      { name: 'token-signature', title: TITLES.signature, outcome: 'skipped', detail },
    ];
  }
  return [await checkKey(jwk, jkt), await checkSignature(ect, jwk)];
}

async function checkKey(jwk: JWK, jkt: string | undefined): Promise<Check> {
  const thumbprint = await calculateJwkThumbprint(jwk).catch(() => undefined);
  const isRight = thumbprint !== undefined && thumbprint === jkt;
  return {
    name: 'key',
    title: TITLES.key,
    outcome: isRight ? 'passed' : 'failed',
    detail: isRight ? `its thumbprint is ${thumbprint}` : 'its thumbprint is not the one in the leaf',
  };
}

async function checkSignature(ect: string, jwk: JWK): Promise<Check> {
  const outcome = (detail: string, isRight = false): Check => ({
    name: 'token-signature',
    title: TITLES.signature,
    outcome: isRight ? 'passed' : 'failed',
    detail,
  });
  try {
    const { protectedHeader } = await compactVerify(ect, (header) => importJWK(jwk, header.alg), {
      algorithms: ALGORITHMS,
    });
    return outcome(`${protectedHeader.alg}, checked with WebCrypto`, true);
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return outcome('the signature is wrong');
    if (error instanceof DOMException && error.name === 'NotSupportedError')
      return { ...outcome('this browser does not know the algorithm'), outcome: 'skipped' };
    return outcome('token and key do not go together');
  }
}
