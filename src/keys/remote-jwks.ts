import { types } from 'node:util';
import type { Clock } from '../application/ports/clock.js';
import { LedgerError } from '../domain/errors.js';
import { parseStrictJson } from '../domain/strict-json.js';
import { download } from './download.js';

/** After so long the set is fetched again behind the requests that use it. */
const REFRESH_AGE_MS = 5 * 60_000;

/** After so long requests wait for the new set. */
const MAX_AGE_MS = 10 * 60_000;

/** Between two fetches, whatever is asked for: so that made-up `kid`s and an endpoint that is down cause no storm. */
const COOLDOWN_MS = 10_000;

export interface RemoteJwksOptions<Keys> {
  /** Whose keys these are: an issuer or a trust domain. */
  readonly name: string;
  /** As the operator configured it; nothing from a token is ever fetched. */
  readonly url: URL;
  /** Makes keys of the document. Throws an Error with a reason for the operator when the whole of it is to be refused. */
  readonly parse: (document: unknown) => Promise<Keys>;
  readonly clock: Clock;
  /** How long beyond its age the last good set may be used while the endpoint fails. */
  readonly staleMs: number;
  /** Told after each fetch; `fault` is the reason of a failure, for the operator. */
  readonly onFetch?: ((name: string, fault: string | undefined) => void) | undefined;
}

/** How it stands with a remote set; times in milliseconds since the epoch. */
export interface RemoteJwksState {
  readonly fetchedAtMs: number | undefined;
  readonly failingSinceMs: number | undefined;
  readonly isUsable: boolean;
}

/**
 * A JWK Set (RFC 7517 §5) at an address: fetched when it is used, again when it gets old or a key is missing, at most one fetch at a time and
 * one per cooldown. While the endpoint fails, the last good set serves for a limited time; it is kept in memory only.
 */
export class RemoteJwks<Keys> {
  #keys: Keys | undefined;
  #fetchedAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #failingSinceMs: number | undefined;
  #fetching: Promise<void> | undefined;

  constructor(private readonly options: RemoteJwksOptions<Keys>) {}

  /**
   * Picks a key of the set. Answers at once from a set that is young enough, and fetches when the key is not in it.
   *
   * @throws LedgerError `store-unavailable` when the set can't be fetched, so that nobody knows whether the key exists
   */
  find<Key>(pick: (keys: Keys) => Key | undefined): Key | undefined | Promise<Key | undefined> {
    const keys = this.#usableKeys();
    const ageMs = this.#ageMs();
    const isTooOld = ageMs >= MAX_AGE_MS && this.#failingSinceMs === undefined;
    if (keys === undefined || isTooOld) return this.#fetchAndFind(pick);
    if (ageMs >= REFRESH_AGE_MS) void this.refresh();
    return pick(keys) ?? this.#fetchAndFind(pick);
  }

  /** Fetches the set unless that was tried just now; failures go to `onFetch`. Calls that come meanwhile share one fetch. */
  async refresh(): Promise<void> {
    if (this.#fetching === undefined && this.options.clock.nowMs() - this.#triedAtMs < COOLDOWN_MS) return;
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    await this.#fetching;
  }

  /** The keys at hand, if they may be used. */
  get current(): Keys | undefined {
    return this.#usableKeys();
  }

  get state(): RemoteJwksState {
    return {
      fetchedAtMs: this.#keys === undefined ? undefined : this.#fetchedAtMs,
      failingSinceMs: this.#failingSinceMs,
      isUsable: this.#usableKeys() !== undefined,
    };
  }

  async #fetchAndFind<Key>(pick: (keys: Keys) => Key | undefined): Promise<Key | undefined> {
    await this.refresh();
    const keys = this.#usableKeys();
    const key = keys === undefined ? undefined : pick(keys);
    if (key !== undefined || (keys !== undefined && this.#failingSinceMs === undefined)) return key;
    throw new LedgerError('store-unavailable', "the issuer's keys can't be fetched at the moment", {
      retryAfterSeconds: COOLDOWN_MS / 1000,
    });
  }

  async #fetch(): Promise<void> {
    const { name, url, parse, clock, onFetch } = this.options;
    try {
      this.#keys = await parse(parseJson(await download(url)));
      this.#fetchedAtMs = clock.nowMs();
      this.#failingSinceMs = undefined;
      onFetch?.(name, undefined);
    } catch (error) {
      this.#failingSinceMs ??= clock.nowMs();
      onFetch?.(name, types.isNativeError(error) ? error.message : 'failed');
    } finally {
      this.#triedAtMs = clock.nowMs();
    }
  }

  #usableKeys(): Keys | undefined {
    return this.#ageMs() < MAX_AGE_MS + this.options.staleMs ? this.#keys : undefined;
  }

  #ageMs(): number {
    return this.options.clock.nowMs() - this.#fetchedAtMs;
  }
}

/** @throws Error that repeats nothing of the text */
function parseJson(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch {
    throw new Error('answered no JSON, or a member twice');
  }
}
