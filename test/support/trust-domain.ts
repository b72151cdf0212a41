import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { generateSigningKey, parseSigningKey, type PublicJwk, signEct } from '../../src/index.js';
import { LEDGER_ID } from './cast.js';
import { generateP256, signRaw } from './raw-token.js';

/** Members of a Workload Identity Token that a test wants otherwise; `undefined` leaves one out. */
export interface WitChanges {
  readonly header?: object;
  readonly payload?: object;
  /** What `cnf.jwk` has instead. */
  readonly jwk?: object;
  readonly privateKey?: KeyObject;
}

/** An agent of a trust domain: nobody knows its key before it shows a token. */
export interface Workload {
  readonly iss: string;
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly privateJwk: object;
  readonly privateKey: KeyObject;
  sign(draft?: { readonly iss?: string; readonly jti?: string }): Promise<string>;
}

/** A SPIFFE trust domain with an authority that issues Workload Identity Tokens (WIT-SVID). */
export class TrustDomain {
  private authority = generateP256();
  private serial = 0;

  constructor(
    readonly name: string,
    private readonly nowSeconds: () => number,
  ) {}

  /** As the domain publishes it, with keys for other purposes. */
  get bundle(): { readonly keys: readonly Readonly<Record<string, unknown>>[] } {
    const other = generateP256().jwk;
    return {
      keys: [
        { ...other, use: 'x509-svid', kid: undefined, x5c: ['MIIB'] },
        { ...other, use: 'jwt-svid', kid: 'jwt' },
        { ...this.authority.jwk, use: 'wit-svid', kid: this.kid },
      ],
    };
  }

  get kid(): string {
    return `authority-${this.serial}`;
  }

  /** Signs with a new key from now on. */
  rotate(): void {
    this.authority = generateP256();
    this.serial++;
  }

  async workload(path: string): Promise<Workload> {
    const kid = `${path}-key`;
    const { publicJwk, privateJwk } = await generateSigningKey(kid);
    const key = await parseSigningKey(privateJwk);
    const iss = `spiffe://${this.name}/${path}`;
    return {
      iss,
      kid,
      publicJwk,
      privateJwk,
      privateKey: createPrivateKey({ format: 'jwk', key: { ...privateJwk } }),
      sign: (draft = {}) =>
        signEct({ iss, aud: LEDGER_ID, execAct: 'review_spec', ...draft }, key, {
          nowSeconds: this.nowSeconds(),
        }),
    };
  }

  /** A token as it should be, but for the changes. */
  issue({ iss, publicJwk }: Workload, changes: WitChanges = {}): string {
    const now = this.nowSeconds();
    return signRaw({
      header: { alg: 'ES256', typ: 'wit+jwt', kid: this.kid, ...changes.header },
      payload: {
        sub: iss,
        iat: now,
        exp: now + 3600,
        jti: randomUUID(),
        cnf: { jwk: { ...publicJwk, alg: 'ES256', ...changes.jwk } },
        ...changes.payload,
      },
      privateKey: changes.privateKey ?? this.authority.privateKey,
    });
  }
}
