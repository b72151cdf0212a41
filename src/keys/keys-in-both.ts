import { setTimeout as delay } from 'node:timers/promises';
import { KeyResolver, type VerificationKey } from '../application/ports/key-resolver.js';
import { LedgerError } from '../domain/errors.js';

/** How long a token waits for the leaf that its key needs; that takes milliseconds unless something is wrong. */
const PATIENCE_MS = 1_000;

type Asked = readonly [iss: string, kid: string, wit?: string];

/**
 * Trust while it changes: what the next version does not know any more is unknown at once, what only the next version knows must wait until
 * the log says so.
 */
export class KeysInBoth extends KeyResolver {
  /** @param recorded settles when the next version is in the log */
  constructor(
    private readonly next: KeyResolver,
    private readonly before: KeyResolver,
    private readonly recorded: Promise<void>,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    super();
  }

  override async resolve(...asked: Asked): Promise<VerificationKey | undefined> {
    const key = await this.next.resolve(...asked);
    if (key === undefined || (await wasKnown(key, this.before, asked))) return key;
    const isRecorded = this.recorded.then(() => true);
    if (await Promise.race([isRecorded, delay(this.patienceMs, false, { ref: false })])) return key;
    const message = 'the key is trusted once the log of the ledger says so, which takes a moment; try again';
    throw new LedgerError('store-unavailable', message, { retryAfterSeconds: 1 });
  }

  /** Whether each of the versions knows the key already. */
  async know(key: VerificationKey, asked: Asked): Promise<boolean> {
    return (await wasKnown(key, this.next, asked)) && wasKnown(key, this.before, asked);
  }
}

async function wasKnown(key: VerificationKey, keys: KeyResolver, asked: Asked): Promise<boolean> {
  if (keys instanceof KeysInBoth) return keys.know(key, asked);
  try {
    return (await keys.resolve(...asked))?.jkt === key.jkt;
  } catch (error) {
    // As of a Workload Identity Token whose trust domain is new.
    if (error instanceof LedgerError) return false;
    throw error;
  }
}
