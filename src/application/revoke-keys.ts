import { LedgerError } from '../domain/errors.js';
import { isLimited, type Visibility } from './caller.js';
import type { RevocationRequest, TrustStore } from './ports/trust-store.js';
import type { StoredRevocation } from './revocation-list.js';
import type { RecordTrust } from './record-trust.js';
import type { Sequencer } from './sequencer.js';

/** Withdraws keys for good: a mistake is answered by a new key, never by taking the revocation back. */
export class RevokeKeys {
  constructor(
    private readonly store: TrustStore,
    private readonly sequencer: Sequencer,
    private readonly recordTrust: RecordTrust,
  ) {}

  /**
   * In effect when this returns, also while the log can't be signed: then its leaf follows.
   *
   * @param limits of the caller: a key may serve anywhere, so whoever is limited withdraws none
   * @returns what holds from now on; `isNew: false` when the key was revoked as early before
   * @throws LedgerError `forbidden`, whatever there is of the key
   */
  async revoke(
    request: RevocationRequest,
    limits: Visibility,
  ): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    if (isLimited(limits))
      throw new LedgerError('forbidden', 'a revocation holds everywhere: it is for those without limits');
    const revoked = await this.sequencer.exclusively(() => this.store.revoke(request));
    await this.recordTrust.tryNow();
    return revoked;
  }
}
