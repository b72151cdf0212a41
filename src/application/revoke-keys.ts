import type { RevocationRequest, TrustStore } from './ports/trust-store.js';
import type { StoredRevocation } from './revocation-list.js';
import type { Sequencer } from './sequencer.js';

/** Withdraws keys for good: a mistake is answered by a new key, never by taking the revocation back. */
export class RevokeKeys {
  constructor(
    private readonly store: TrustStore,
    private readonly sequencer: Sequencer,
  ) {}

  /** @returns what holds from now on; `isNew: false` when the key was revoked as early before */
  revoke(
    request: RevocationRequest,
  ): Promise<{ readonly revocation: StoredRevocation; readonly isNew: boolean }> {
    return this.sequencer.exclusively(() => this.store.revoke(request));
  }
}
