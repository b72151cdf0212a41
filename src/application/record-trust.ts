import { LedgerError } from '../domain/errors.js';
import type { TrustStore } from './ports/trust-store.js';
import type { Sequencer } from './sequencer.js';

/** How long after a failure the next try comes. */
const RETRY_MS = 1_000;

interface Wanted {
  /** The trust file and the files it names, as they are. */
  readonly files: Uint8Array;
  readonly onRecorded: () => void;
}

/** Sees to it that every change of trust gets its leaf in the log, however long that takes. */
export class RecordTrust {
  private wanted: Wanted | undefined;
  private isBehind = false;
  private isClosed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: TrustStore,
    private readonly sequencer: Sequencer,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** @returns after the first try; `onRecorded` is called once it is in the log, unless other files came meanwhile */
  record(files: Uint8Array, onRecorded: () => void): Promise<void> {
    this.wanted = { files, onRecorded };
    return this.tryNow();
  }

  /** Looks whether the log is behind what is stored: after a revocation. */
  async tryNow(): Promise<void> {
    const { wanted } = this;
    if (!wanted || this.isClosed) return;
    clearTimeout(this.retry);
    try {
      await this.sequencer.exclusively(() => this.store.recordTrust(wanted.files));
      if (this.wanted !== wanted) return;
      this.isBehind = false;
      wanted.onRecorded();
    } catch (error) {
      this.isBehind = true;
      this.onFailure(error);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.tryNow(), RETRY_MS).unref();
    }
  }

  /** @throws LedgerError `store-unavailable` while a change waits for its leaf */
  checkRecorded(): void {
    if (this.isBehind)
      throw new LedgerError(
        'store-unavailable',
        'a change of trust is not in the log yet: new keys wait for it',
      );
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
  }
}
