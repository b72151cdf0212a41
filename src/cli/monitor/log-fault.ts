/**
 * What the log did wrong, for a program. `unsigned`: what it calls its checkpoint is not signed by it. `rollback`: it is smaller than it
 * was. `fork`: it signed two trees that contradict each other. `inconsistent`: what it serves is not what it signed. `withheld`: it does
 * not serve what it signed.
 */
export type LogFaultKind = 'unsigned' | 'rollback' | 'fork' | 'inconsistent' | 'withheld';

/** A log was found out. The message says what differs, for a person. */
export class LogFault extends Error {
  override readonly name = 'LogFault';

  /** @param evidence the signed checkpoint that it cannot take back, when its signature was verified */
  constructor(
    readonly kind: LogFaultKind,
    message: string,
    readonly evidence?: string,
  ) {
    super(message);
  }
}

/** The log could not be asked: says nothing about it, except that it was not available. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}
