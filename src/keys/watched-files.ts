import { stat } from 'node:fs/promises';
import { types } from 'node:util';

/** What files looked like when they were read, by path; see `fingerprint`. */
export type Fingerprints = ReadonlyMap<string, string>;

export const ABSENT = 'ENOENT';

const DEFAULT_POLL_INTERVAL_MS = 1000;

/** Reads files again when one of them changes: written, replaced, or reached through a symbolic link that was swapped. */
export class WatchedFiles {
  #reading: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param fingerprints of the files as they were read the first time, each taken before its content
   * @param read reads everything again; gives the fingerprints of all files that it looked at, the unreadable ones included
   */
  constructor(
    private fingerprints: Fingerprints,
    private readonly read: () => Promise<Fingerprints>,
    pollIntervalMs = DEFAULT_POLL_INTERVAL_MS,
  ) {
    this.#timer = setInterval(() => void this.#poll(), pollIntervalMs).unref();
  }

  /** Reads the files again. Calls that come meanwhile share one reading. */
  reload(): Promise<void> {
    this.#reading ??= this.#readAgain().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Stops looking at the files. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    if (this.#reading === undefined && (await this.#haveChanged())) await this.reload();
  }

  async #readAgain(): Promise<void> {
    this.fingerprints = await this.read();
  }

  async #haveChanged(): Promise<boolean> {
    for (const [file, known] of this.fingerprints) if ((await fingerprint(file)) !== known) return true;
    return false;
  }
}

/** What changes with a file's content. */
export async function fingerprint(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    return [mtimeMs, ctimeMs, size, ino].join(' ');
  } catch (error) {
    return types.isNativeError(error) && 'code' in error ? String(error.code) : 'unreadable';
  }
}
