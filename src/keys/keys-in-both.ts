import { KeyResolver, type VerificationKey } from '../application/ports/key-resolver.js';
import { LedgerError } from '../domain/errors.js';

type Found = VerificationKey | undefined | Promise<VerificationKey | undefined>;

/**
 * Trust while it changes: what the next version does not know any more is unknown at once, what only the next version knows must wait until
 * the log says so.
 */
export class KeysInBoth extends KeyResolver {
  constructor(
    private readonly next: KeyResolver,
    private readonly before: KeyResolver,
  ) {
    super();
  }

  override resolve(iss: string, kid: string, wit?: string): Found {
    const found = this.next.resolve(iss, kid, wit);
    if (found instanceof Promise)
      return found.then((key) => key && this.checkKnownBefore(key, this.before.resolve(iss, kid, wit)));
    return found && this.checkKnownBefore(found, this.before.resolve(iss, kid, wit));
  }

  private checkKnownBefore(key: VerificationKey, known: Found): Found {
    if (known instanceof Promise) return known.then((before) => this.checkKnownBefore(key, before));
    if (known?.jkt === key.jkt) return key;
    const message = 'the key is trusted once the log of the ledger says so, which takes a moment; try again';
    throw new LedgerError('store-unavailable', message, { retryAfterSeconds: 1 });
  }
}
