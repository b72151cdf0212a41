import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { types } from 'node:util';
import { KeyResolver, type VerificationKey } from '../application/ports/key-resolver.js';
import { concatBytes } from '../domain/log/bytes.js';
import type { Revocation } from '../domain/revocation.js';
import { parseStrictJson } from '../domain/strict-json.js';
import { TrustError, parseTrust } from './parse-trust.js';
import { KeysInBoth } from './keys-in-both.js';
import { RemoteKeySets } from './remote-key-sets.js';
import { type TrustSummary, describeTrust } from './trust-summary.js';
import { TrustedKeys } from './trusted-keys.js';
import { ABSENT, fingerprint, WatchedFiles, type Fingerprints } from './watched-files.js';

export interface TrustLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface TrustFileOptions {
  readonly log: TrustLog;
  /** How often the files are looked at. */
  readonly pollIntervalMs?: number;
  /** Where sets that are fetched are kept. */
  readonly remote?: RemoteKeySets;
}

/** Where trust stands when the operator names no file. */
const DEFAULT_FILE = 'trust.json';

/** A version of what is trusted, told before it is in force. */
export interface AnnouncedTrust {
  /** The trust file and the files it names, in the order in which it names them. */
  readonly files: Uint8Array;
  readonly revocations: readonly Revocation[];
  /** Puts the new keys in force; without effect when another version came meanwhile. */
  readonly onRecorded: () => void;
}

interface Reading {
  readonly keys?: TrustedKeys;
  /** The bytes of all files that were read, one after the other. */
  readonly files: Uint8Array;
  readonly problems: readonly string[];
  /** Every file that was looked at, the unreadable ones included. */
  readonly fingerprints: Fingerprints;
}

/**
 * The keys of a trust file and of the JWK Set files it names. Read again by `reload` and when one of the files changes; a broken new
 * version is reported and the old one stays in force.
 */
export class TrustFileKeyResolver extends KeyResolver {
  #keys: KeyResolver = new TrustedKeys();
  /** The version read last that was whole. */
  #latest: Pick<Required<Reading>, 'keys' | 'files'> = { keys: new TrustedKeys(), files: new Uint8Array() };
  #announce: ((trust: AnnouncedTrust) => Promise<void>) | undefined;
  readonly #watched: WatchedFiles;

  private constructor(
    private readonly path: string,
    private readonly log: TrustLog,
    private readonly remote: RemoteKeySets,
    fingerprints: Fingerprints,
    pollIntervalMs: number | undefined,
  ) {
    super();
    this.#watched = new WatchedFiles(fingerprints, () => this.#readAgain(), pollIntervalMs);
  }

  /**
   * Reads the trust file for the first time.
   *
   * @param path without it `trust.json` is read if present, and without that nobody is trusted
   * @throws TrustError with all problems
   */
  static async load(path: string | undefined, options: TrustFileOptions): Promise<TrustFileKeyResolver> {
    const file = path ?? DEFAULT_FILE;
    const { log, remote = new RemoteKeySets({ log }) } = options;
    const reading = await readTrust(file, remote);
    const isAbsent = path === undefined && reading.fingerprints.get(resolve(file)) === ABSENT;
    if (!reading.keys && !isAbsent) throw new TrustError(reading.problems);
    const { fingerprints } = reading;
    const resolver = new TrustFileKeyResolver(file, log, remote, fingerprints, options.pollIntervalMs);
    if (isAbsent) log.warn(`nobody is trusted: there is no trust file ${file}`);
    await resolver.#adopt(reading);
    return resolver;
  }

  override resolve(
    iss: string,
    kid: string,
    wit?: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    return this.#keys.resolve(iss, kid, wit);
  }

  /** From now on what is trusted is told first: keys that are new wait, keys that are gone or revoked are refused at once. */
  announceTo(announce: (trust: AnnouncedTrust) => Promise<void>): Promise<void> {
    this.#announce = announce;
    this.#keys = new TrustedKeys();
    return this.#putInForce();
  }

  /** Reads the files again; problems go to the log. Calls that come meanwhile share one reading. */
  reload(): Promise<void> {
    return this.#watched.reload();
  }

  /** Stops looking at the files. */
  close(): void {
    this.#watched.close();
  }

  describe(): TrustSummary {
    return this.#latest.keys.describe();
  }

  async #readAgain(): Promise<Fingerprints> {
    const reading = await readTrust(this.path, this.remote);
    await this.#adopt(reading);
    if (!reading.keys) {
      this.log.warn(
        `the trust file is broken, the version before stays in force:\n${reading.problems.join('\n')}`,
      );
    }
    return reading.fingerprints;
  }

  async #adopt({ keys, files }: Reading): Promise<void> {
    if (!keys) return;
    this.#latest = { keys, files };
    this.log.info(`trust file ${this.path}: ${describeTrust(keys.describe())}`);
    void keys.warmUp();
    await this.#putInForce();
  }

  async #putInForce(): Promise<void> {
    const next = this.#latest;
    if (!this.#announce) {
      this.#keys = next.keys;
      return;
    }
    let tellRecorded: () => void = () => undefined;
    const recorded = new Promise<void>((resolveRecorded) => (tellRecorded = resolveRecorded));
    this.#keys = new KeysInBoth(next.keys, this.#keys, recorded);
    const onRecorded = () => {
      if (this.#latest !== next) return;
      this.#keys = next.keys;
      tellRecorded();
    };
    await this.#announce({ files: next.files, revocations: next.keys.revocations, onRecorded });
  }
}

async function readTrust(path: string, remote: RemoteKeySets): Promise<Reading> {
  const fingerprints = new Map<string, string>();
  const read: Uint8Array[] = [];
  const readJson = async (file: string): Promise<unknown> => {
    // Before the content, so that a change in between shows as a change at the next look.
    fingerprints.set(file, await fingerprint(file));
    const bytes = await readFile(file);
    read.push(bytes);
    return parseStrictJson(bytes.toString('utf8'));
  };
  try {
    const document = await readJson(resolve(path));
    const readJwks = (file: string): Promise<unknown> => readJson(resolve(dirname(path), file));
    const keys = await parseTrust(document, path, readJwks, remote);
    return { keys, files: concatBytes(...read), problems: [], fingerprints };
  } catch (error) {
    const files = new Uint8Array();
    if (error instanceof TrustError) return { files, problems: error.problems, fingerprints };
    return {
      files,
      problems: [`${path}: ${types.isNativeError(error) ? error.message : 'unreadable'}`],
      fingerprints,
    };
  }
}
