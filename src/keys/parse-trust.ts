import { types } from 'node:util';
import { z } from 'zod';
import type { VerificationKey } from '../application/ports/key-resolver.js';
import { isJsonObject } from '../domain/strict-json.js';
import { MAX_ISSUER_LENGTH, isAbsoluteUri } from '../domain/text.js';
import { type TrustProblem, toVerificationKey } from './trusted-jwk.js';
import { TrustedKeys } from './trusted-keys.js';

/** Why trust could not be established: all problems of a trust document at once. */
export class TrustError extends Error {
  override readonly name = 'TrustError';

  /** @param problems each with the place it is about, such as `trust.json#/issuers/0/iss` */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads a `jwks_file`; throws an Error with a message for the operator. */
export type JwksReader = (file: string) => Promise<unknown>;

const trustSchema = z.strictObject({ issuers: z.array(z.unknown()) });

const issuerSchema = z.strictObject({
  iss: z.string().max(MAX_ISSUER_LENGTH).refine(isAbsoluteUri, 'must be an absolute URI'),
  jwks: z.unknown().optional(),
  jwks_file: z.string().min(1).optional(),
  jwks_uri: z.unknown().optional(),
});

/** Where an issuer's keys stand; one per issuer. */
const KEY_SOURCES = ['jwks', 'jwks_file', 'jwks_uri'] as const;

/** RFC 7517 §5: other members of a JWK Set are ignored. */
const jwksSchema = z.looseObject({ keys: z.array(z.unknown()) });

/**
 * Makes a key resolver of a trust document.
 *
 * @param name what problems call the document
 * @param readJwks how to read a `jwks_file`; without it such a file is a problem
 * @throws TrustError with all problems
 */
export async function parseTrust(
  document: unknown,
  name: string,
  readJwks?: JwksReader,
): Promise<TrustedKeys> {
  const parsing = new TrustParsing(readJwks);
  await parsing.addDocument(document, name);
  return parsing.finish();
}

/** Collects keys and problems while a document is walked. */
class TrustParsing {
  readonly #keysOf = new Map<string, Map<string, VerificationKey>>();
  readonly #problems: string[] = [];

  constructor(private readonly readJwks: JwksReader | undefined) {}

  finish(): TrustedKeys {
    if (this.#problems.length > 0) throw new TrustError(this.#problems);
    return new TrustedKeys(this.#keysOf);
  }

  async addDocument(document: unknown, name: string): Promise<void> {
    const parsed = trustSchema.safeParse(document);
    if (!parsed.success) {
      this.#report(`${name}#`, problemsOf(parsed.error));
      return;
    }
    for (const [index, issuer] of parsed.data.issuers.entries())
      await this.#addIssuer(issuer, `${name}#/issuers/${index}`);
  }

  async #addIssuer(value: unknown, place: string): Promise<void> {
    const parsed = issuerSchema.safeParse(value);
    if (!parsed.success) this.#report(place, problemsOf(parsed.error));
    const iss = parsed.data?.iss ?? '';
    if (this.#keysOf.has(iss)) this.#report(place, [[['iss'], 'is there more than once']]);
    const issuer = { iss, keys: new Map<string, VerificationKey>() };
    if (parsed.success) this.#keysOf.set(iss, issuer.keys);
    if (!isJsonObject(value)) return;
    const sources = KEY_SOURCES.filter((source) => Object.hasOwn(value, source));
    if (sources.length !== 1)
      this.#report(place, [[[], `must have exactly one of ${KEY_SOURCES.join(', ')}`]]);
    if (sources.includes('jwks')) await this.#addJwks(issuer, value['jwks'], `${place}/jwks`);
    if (typeof value['jwks_file'] === 'string') await this.#addJwksFile(issuer, value['jwks_file'], place);
    if (sources.includes('jwks_uri')) {
      this.#report(place, [[['jwks_uri'], 'is not supported yet; use jwks or jwks_file']]);
    }
  }

  async #addJwksFile(issuer: IssuerKeys, file: string, place: string): Promise<void> {
    if (this.readJwks === undefined) {
      this.#report(place, [[['jwks_file'], 'is not available here; use jwks']]);
      return;
    }
    try {
      await this.#addJwks(issuer, await this.readJwks(file), `${file}#`);
    } catch (error) {
      const reason = types.isNativeError(error) ? error.message : 'unreadable';
      this.#report(place, [[['jwks_file'], `${file}: ${reason}`]]);
    }
  }

  async #addJwks({ iss, keys }: IssuerKeys, value: unknown, place: string): Promise<void> {
    const parsed = jwksSchema.safeParse(value);
    if (!parsed.success) {
      this.#report(place, problemsOf(parsed.error));
      return;
    }
    for (const [index, jwk] of parsed.data.keys.entries()) {
      const made = await toVerificationKey(iss, jwk);
      if ('problems' in made) this.#report(`${place}/keys/${index}`, made.problems);
      else if (keys.has(made.key.kid))
        this.#report(`${place}/keys/${index}`, [[['kid'], 'is there more than once']]);
      else keys.set(made.key.kid, made.key);
    }
  }

  #report(place: string, problems: readonly TrustProblem[]): void {
    for (const [path, message] of problems) {
      this.#problems.push(`${[place, ...path.map(String)].join('/')}: ${message}`);
    }
  }
}

interface IssuerKeys {
  readonly iss: string;
  readonly keys: Map<string, VerificationKey>;
}

function problemsOf(error: z.ZodError): readonly TrustProblem[] {
  return error.issues.map((issue) => [issue.path, issue.message]);
}
