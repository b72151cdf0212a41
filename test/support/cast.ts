import { createPrivateKey, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import {
  type EctDraft,
  generateSigningKey,
  parseSigningKey,
  type PublicJwk,
  signEct,
  type SigningKey,
  type SignOptions,
} from '../../src/index.js';
import { signRaw } from './raw-token.js';

/** Whom the tokens of the tests are for. */
export const LEDGER_ID = 'spiffe://example.com/system/ledger';

/** Who signs, with a real key. */
export interface Agent {
  readonly iss: string;
  readonly publicJwk: PublicJwk;
  /** A token as a well-behaved agent makes it: of a root task unless the draft says otherwise. */
  sign(draft?: Partial<EctDraft>, options?: SignOptions): Promise<string>;
  /** A token as wrong as the test wants, with a right signature. Members given as `undefined` are left out. */
  signAnything(members: { readonly header?: object; readonly payload?: object }): string;
}

export interface Cast {
  readonly a: Agent;
  readonly b: Agent;
  /** Nobody trusts this one. */
  readonly stranger: Agent;
}

/** @param nowSeconds the clock by which the agents date their tokens */
export async function createCast(nowSeconds: () => number): Promise<Cast> {
  const agent = (name: string) =>
    createAgent(`spiffe://example.com/agent/${name}`, `${name}-key`, nowSeconds);
  const [a, b, stranger] = await Promise.all([agent('a'), agent('b'), agent('stranger')]);
  return { a, b, stranger };
}

/** The trust file in which `a` and `b` stand. */
export async function writeTrustFile(file: string, { a, b }: Cast): Promise<void> {
  const issuers = [a, b].map(({ iss, publicJwk }) => ({ iss, jwks: { keys: [publicJwk] } }));
  await writeFile(file, JSON.stringify({ issuers }));
}

async function createAgent(iss: string, kid: string, nowSeconds: () => number): Promise<Agent> {
  const { privateJwk, publicJwk } = await generateSigningKey(kid);
  const key = await parseSigningKey(privateJwk);
  const privateKey = createPrivateKey({ format: 'jwk', key: { ...privateJwk } });
  return {
    iss,
    publicJwk,
    sign: (draft = {}, options = {}) => signAs(iss, key, draft, { nowSeconds: nowSeconds(), ...options }),
    signAnything: ({ header = {}, payload = {} }) =>
      signRawAs({ iss, kid, privateKey, nowSeconds: nowSeconds() }, header, payload),
  };
}

function signAs(
  iss: string,
  key: SigningKey,
  draft: Partial<EctDraft>,
  options: SignOptions,
): Promise<string> {
  return signEct({ iss, aud: LEDGER_ID, execAct: 'review_spec', ...draft }, key, options);
}

interface RawSigner {
  readonly iss: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly nowSeconds: number;
}

function signRawAs({ iss, kid, privateKey, nowSeconds }: RawSigner, header: object, payload: object): string {
  return signRaw({
    header: { alg: 'ES256', typ: 'wimse-exec+jwt', kid, ...header },
    payload: {
      iss,
      aud: LEDGER_ID,
      iat: nowSeconds,
      exp: nowSeconds + 600,
      jti: crypto.randomUUID(),
      exec_act: 'review_spec',
      par: [],
      ...payload,
    },
    privateKey,
  });
}
