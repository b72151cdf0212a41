import { createHash } from 'node:crypto';
import { types } from 'node:util';
import {
  type CryptoKey,
  errors,
  importJWK,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { Authenticator } from '../application/ports/authenticator.js';
import type { Clock } from '../application/ports/clock.js';
import { SCOPES, trustDomainName, workflowName } from '../domain/access-token.js';
import { isPlainText } from '../domain/text.js';
import {
  type ProviderKey,
  providerKeys,
  SIGNATURE_ALGORITHMS,
  type ProviderOptions,
} from './openid-provider.js';

export interface JwtOptions extends ProviderOptions {
  /** What `aud` must name. */
  readonly audience: string;
  readonly clock: Clock;
}

/** Verified tokens remembered at once, about 5 MB; beyond it the oldest is verified again. */
const MAX_REMEMBERED = 10_000;
/** A token is verified again after so long: by then a key that was withdrawn is gone. */
const REMEMBERED_MS = 5 * 60_000;
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_NAME_LENGTH = 255;

interface Remembered {
  readonly caller: Caller;
  readonly untilMs: number;
}

const scopeList = z.union([z.string().transform((text) => text.split(' ')), z.array(z.string())]);

/** What the ledger reads of an access token beside what `jwtVerify` checks. */
const claimsSchema = z.object({
  sub: z.string().refine((sub) => isPlainText(sub, MAX_NAME_LENGTH)),
  exp: z.number(),
  scope: scopeList.optional(),
  scp: scopeList.optional(),
  ledger_workflows: z.array(workflowName).optional(),
  ledger_trust_domains: z.array(trustDomainName).optional(),
});

/** Access tokens of an OpenID provider (RFC 9068). What was verified is remembered by its hash, so that one token costs one signature. */
export class JwtAuthenticator extends Authenticator {
  readonly #findKey: (header: JWTHeaderParameters) => Promise<ProviderKey | undefined>;
  readonly #remembered = new Map<string, Remembered>();
  readonly #imported = new WeakMap<ProviderKey, Promise<CryptoKey | Uint8Array>>();

  constructor(private readonly options: JwtOptions) {
    super();
    this.#findKey = providerKeys(options);
  }

  override authenticate(token: string): Caller | undefined | Promise<Caller | undefined> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const known = this.#remembered.get(hash);
    if (known && this.options.clock.nowMs() < known.untilMs) return known.caller;
    return this.#verify(token, hash);
  }

  override close(): void {}

  async #verify(token: string, hash: string): Promise<Caller | undefined> {
    const payload = await this.#payloadOf(token);
    return payload && this.#remember(hash, payload);
  }

  async #payloadOf(token: string): Promise<JWTPayload | undefined> {
    const { issuer, audience, clock } = this.options;
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyOf(header), {
        issuer,
        audience,
        // RFC 9068 §4: so that no ID token and no other JWT of the provider passes for an access token.
        typ: 'at+jwt',
        algorithms: [...SIGNATURE_ALGORITHMS],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.nowMs()),
      });
      return payload;
    } catch (error) {
      if (verifiesNothing(error)) return undefined;
      throw error;
    }
  }

  async #keyOf(header: JWTHeaderParameters): Promise<CryptoKey | Uint8Array> {
    const key = await this.#findKey(header);
    if (!key) throw new errors.JWKSNoMatchingKey();
    const imported = this.#imported.get(key) ?? importJWK({ ...key }, header.alg);
    this.#imported.set(key, imported);
    // A key whose numbers are no key verifies nothing.
    return imported.catch(() => {
      throw new errors.JWKInvalid();
    });
  }

  /** A claim that limits and can't be read lets nobody in. */
  #remember(hash: string, payload: JWTPayload): Caller | undefined {
    const claims = claimsSchema.safeParse(payload).data;
    if (!claims) return undefined;
    const caller = callerOf(claims);
    const nowMs = this.options.clock.nowMs();
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.delete(hash);
    this.#remembered.set(hash, { caller, untilMs: Math.min(claims.exp * 1000, nowMs + REMEMBERED_MS) });
    return caller;
  }
}

/** What is wrong with a token, and the TypeError that jose throws for a key that may not verify or is too short. */
function verifiesNothing(error: unknown): boolean {
  return error instanceof errors.JOSEError || (types.isNativeError(error) && error.name === 'TypeError');
}

function callerOf(claims: z.infer<typeof claimsSchema>): Caller {
  const { sub, scope = [], scp = [], ledger_workflows: wids, ledger_trust_domains: domains } = claims;
  return {
    name: sub,
    scopes: new Set(SCOPES.filter((one) => scope.includes(one) || scp.includes(one))),
    limits: {
      ...(wids && { workflows: new Set(wids) }),
      ...(domains && { trustDomains: new Set(domains) }),
    },
  };
}
