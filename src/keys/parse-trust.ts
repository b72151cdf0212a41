import { types } from 'node:util';
import { z } from 'zod';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import type { Revocation } from '../domain/revocation.js';
import { isJsonObject } from '../domain/strict-json.js';
import { faultOfKeyUrl } from './download.js';
import { ISSUER, type KeyOwnerKind, TRUST_DOMAIN } from './key-owner.js';
import { type KeySet, readKeyMap } from './key-set.js';
import { parseRevocation } from './parse-revocations.js';
import { RemoteKeySets } from './remote-key-sets.js';
import { type TrustProblem, isSecretJwk, toVerificationKey } from './trusted-jwk.js';
import { TrustedKeys } from './trusted-keys.js';

/** Why trust could not be established: all problems of a trust document at once. */
export class TrustError extends Error {
  override readonly name = 'TrustError';

  /** @param problems each with the place it is about, such as `trust.json#/issuers/0/iss` */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads a `jwks_file` or `bundle_file`; throws an Error with a message for the operator. */
export type JwksReader = (file: string) => Promise<unknown>;

const trustSchema = z.strictObject({
  issuers: z.array(z.unknown()),
  revocations: z.array(z.unknown()).default([]),
});

/** RFC 7517 §5: other members of a JWK Set are ignored. */
const jwksSchema = z.looseObject({ keys: z.array(z.unknown()) });

/**
 * Makes a key resolver of a trust document.
 *
 * @param name what problems call the document
 * @param readJwks how to read the file of a JWK Set; without it such a file is a problem
 * @param remote where sets that are fetched are kept
 * @throws TrustError with all problems
 */
export async function parseTrust(
  document: unknown,
  name: string,
  readJwks?: JwksReader,
  remote: RemoteKeySets = new RemoteKeySets(),
): Promise<TrustedKeys> {
  const parsing = new TrustParsing(readJwks, remote);
  await parsing.addDocument(document, name);
  return parsing.finish();
}

/** Collects keys and problems while a document is walked. */
class TrustParsing {
  readonly #issuers = new Map<string, KeySet>();
  readonly #domains = new Map<string, KeySet>();
  readonly #revocations: Revocation[] = [];
  readonly #problems: string[] = [];

  constructor(
    private readonly readJwks: JwksReader | undefined,
    private readonly remote: RemoteKeySets,
  ) {}

  finish(): TrustedKeys {
    if (this.#problems.length > 0) throw new TrustError(this.#problems);
    return new TrustedKeys(this.#issuers, this.#domains, this.#revocations);
  }

  async addDocument(document: unknown, name: string): Promise<void> {
    const parsed = trustSchema.safeParse(document);
    if (!parsed.success) {
      this.#report(`${name}#`, problemsOf(parsed.error));
      return;
    }
    for (const [index, item] of parsed.data.issuers.entries())
      await this.#addItem(item, `${name}#/issuers/${index}`);
    for (const [index, item] of parsed.data.revocations.entries()) {
      const made = parseRevocation(item);
      if ('problems' in made) this.#report(`${name}#/revocations/${index}`, made.problems);
      else this.#revocations.push(made.revocation);
    }
  }

  async #addItem(value: unknown, place: string): Promise<void> {
    const isDomain = isJsonObject(value) && Object.hasOwn(value, TRUST_DOMAIN.name);
    const kind = isDomain ? TRUST_DOMAIN : ISSUER;
    const known = isDomain ? this.#domains : this.#issuers;
    const parsed = kind.schema.safeParse(value);
    if (!parsed.success) this.#report(place, problemsOf(parsed.error));
    const name = parsed.success ? String(parsed.data[kind.name]) : '';
    if (known.has(name)) this.#report(place, [[[kind.name], 'is there more than once']]);
    if (!isJsonObject(value)) return;
    const keys = await this.#keysOf({ kind, name }, value, place);
    if (parsed.success) known.set(name, keys);
  }

  async #keysOf(owner: KeyOwner, item: Readonly<Record<string, unknown>>, place: string): Promise<KeySet> {
    const { inline, file, uri } = owner.kind;
    const given = [inline, file, uri].filter((source) => Object.hasOwn(item, source));
    if (given.length !== 1)
      this.#report(place, [[[], `must have exactly one of ${[inline, file, uri].join(', ')}`]]);
    const keys = new Map<string, VerificationKey>();
    if (given.includes(inline)) await this.#addJwks(owner, keys, item[inline], `${place}/${inline}`);
    const path = item[file];
    if (typeof path === 'string') await this.#addFile(owner, keys, path, place);
    return given.includes(uri) ? (this.#remoteSet(owner, item[uri], place) ?? keys) : keys;
  }

  #remoteSet({ kind, name }: KeyOwner, url: unknown, place: string): KeySet | undefined {
    const fault = typeof url === 'string' ? faultOfKeyUrl(url) : 'must be an absolute URL';
    if (fault !== undefined) this.#report(place, [[[kind.uri], fault]]);
    if (fault !== undefined || typeof url !== 'string') return undefined;
    return this.remote.of(name, url, (document) => readKeyMap(name, document, kind));
  }

  async #addFile(
    owner: KeyOwner,
    keys: Map<string, VerificationKey>,
    file: string,
    place: string,
  ): Promise<void> {
    const { kind } = owner;
    if (this.readJwks === undefined) {
      this.#report(place, [[[kind.file], `is not available here; use ${kind.inline}`]]);
      return;
    }
    try {
      await this.#addJwks(owner, keys, await this.readJwks(file), `${file}#`);
    } catch (error) {
      const reason = types.isNativeError(error) ? error.message : 'unreadable';
      this.#report(place, [[[kind.file], `${file}: ${reason}`]]);
    }
  }

  async #addJwks(
    { kind, name }: KeyOwner,
    keys: Map<string, VerificationKey>,
    value: unknown,
    place: string,
  ): Promise<void> {
    const parsed = jwksSchema.safeParse(value);
    if (!parsed.success) {
      this.#report(place, problemsOf(parsed.error));
      return;
    }
    for (const [index, jwk] of parsed.data.keys.entries()) {
      const own = kind.pick(jwk);
      if (own === undefined && !isSecretJwk(jwk)) continue;
      const made = await toVerificationKey(name, own ?? jwk, 'trust-file');
      if ('problems' in made) this.#report(`${place}/keys/${index}`, made.problems);
      else if (keys.has(made.key.kid))
        this.#report(`${place}/keys/${index}`, [[['kid'], 'is there more than once']]);
      else keys.set(made.key.kid, made.key);
    }
    if (kind === TRUST_DOMAIN && keys.size === 0)
      this.#report(place, [[['keys'], 'holds no key that verifies tokens: one whose "use" is "wit-svid"']]);
  }

  #report(place: string, problems: readonly TrustProblem[]): void {
    for (const [path, message] of problems) {
      this.#problems.push(`${[place, ...path.map(String)].join('/')}: ${message}`);
    }
  }
}

/** An issuer or a trust domain, as far as it is right. */
interface KeyOwner {
  readonly kind: KeyOwnerKind;
  readonly name: string;
}

function problemsOf(error: z.ZodError): readonly TrustProblem[] {
  return error.issues.map((issue) => [issue.path, issue.message]);
}
