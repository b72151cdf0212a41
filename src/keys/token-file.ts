import { timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { types } from 'node:util';
import type { Caller } from '../application/caller.js';
import { Authenticator } from '../application/ports/authenticator.js';
import type { Clock } from '../application/ports/clock.js';
import { tokenFileSchema, tokenHash, tokenIdOf, type TokenRecord } from '../domain/access-token.js';
import { parseStrictJson } from '../domain/strict-json.js';
import { ABSENT, fingerprint, WatchedFiles } from './watched-files.js';

export interface TokenFileOptions {
  readonly clock: Clock;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** How often the file is looked at. */
  readonly pollIntervalMs?: number;
}

/** Why a token file can't be used. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

interface KnownToken {
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly caller: Caller;
}

type KnownTokens = ReadonlyMap<string, KnownToken>;

/** Stands in for the digest of a token that is not known. */
const NO_DIGEST = Buffer.alloc(32);

/** Bits of a mode that let anybody but the owner's group read or write: a group may be the service's own, and never write. */
const READABLE_BY_OTHERS = 0o027;

/** Bearer tokens whose hashes stand in a file. Read again when it changes; a broken new version is reported and the old one stays in force. */
export class TokenFileAuthenticator extends Authenticator {
  #tokens: KnownTokens = new Map();
  readonly #watched: WatchedFiles;

  private constructor(
    private readonly path: string,
    first: { readonly tokens: KnownTokens; readonly seen: string },
    private readonly options: TokenFileOptions,
  ) {
    super();
    this.#adopt(first.tokens);
    this.#watched = new WatchedFiles(
      new Map([[path, first.seen]]),
      () => this.#readAgain(),
      options.pollIntervalMs,
    );
  }

  /** @throws TokenFileError when the file is there and can't be used; without one nobody is let in until there is one */
  static async load(file: string, options: TokenFileOptions): Promise<TokenFileAuthenticator> {
    const path = resolve(file);
    const seen = await fingerprint(path);
    if (seen === ABSENT)
      options.log.warn(`nobody is let in: there is no token file ${file}; ect-ledger token create makes one`);
    const tokens = seen === ABSENT ? new Map() : await readTokens(path);
    return new TokenFileAuthenticator(path, { tokens, seen }, options);
  }

  override authenticate(token: string): Caller | undefined {
    const known = this.#tokens.get(tokenIdOf(token) ?? '');
    const isRight = timingSafeEqual(tokenHash(token), known?.digest ?? NO_DIGEST);
    return known && isRight && this.options.clock.nowMs() < known.expiresAtMs ? known.caller : undefined;
  }

  override close(): void {
    this.#watched.close();
  }

  async #readAgain(): Promise<ReadonlyMap<string, string>> {
    // Before the content, so that a change in between shows as a change at the next look.
    const seen = await fingerprint(this.path);
    try {
      this.#adopt(await readTokens(this.path));
    } catch (error) {
      const reason = error instanceof TokenFileError ? error.message : 'unreadable';
      this.options.log.warn(`the token file is broken, the version before stays in force: ${reason}`);
    }
    return new Map([[this.path, seen]]);
  }

  #adopt(tokens: KnownTokens): void {
    this.#tokens = tokens;
    this.options.log.info(`token file ${this.path}: ${tokens.size} tokens`);
  }
}

/** @throws TokenFileError */
async function readTokens(path: string): Promise<KnownTokens> {
  const parsed = tokenFileSchema.safeParse(await readJson(path));
  if (parsed.success) return new Map(parsed.data.tokens.map((record) => [record.id, knownToken(record)]));
  const problems = parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
  throw new TokenFileError(`${path}#${problems.join('; ')}`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      if ((mode & READABLE_BY_OTHERS) !== 0)
        throw new TokenFileError(`${path} is open to others: chmod 600 it`);
      return parseStrictJson(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TokenFileError) throw error;
    const isSystem = types.isNativeError(error) && 'code' in error;
    throw new TokenFileError(
      `${path}: ${isSystem ? String(error.code) : 'is no JSON, or names a member twice'}`,
    );
  }
}

function knownToken({ name, sha256, scopes, expires_at, limits }: TokenRecord): KnownToken {
  const { workflows, trust_domains: trustDomains } = limits ?? {};
  return {
    digest: Buffer.from(sha256, 'base64url'),
    expiresAtMs: expires_at === undefined ? Infinity : Date.parse(expires_at),
    caller: {
      name,
      scopes: new Set(scopes),
      limits: {
        ...(workflows && { workflows: new Set(workflows) }),
        ...(trustDomains && { trustDomains: new Set(trustDomains) }),
      },
    },
  };
}
