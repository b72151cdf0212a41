export type LogFormat = 'leaf' | 'entry-bundle' | 'vkey' | 'note' | 'checkpoint' | 'receipt' | 'tlog-proof';

/**
 * Bytes or text that are not of a format of the log. No problem of the API: what we stored is then damaged, or what a user handed to
 * the command line is no such thing; the caller knows which.
 */
export class LogFormatError extends Error {
  override readonly name = 'LogFormatError';

  /** @param reason what is wrong, in words for a person; it may repeat a part of what was read */
  constructor(
    readonly format: LogFormat,
    reason: string,
  ) {
    super(`malformed ${format}: ${reason}`);
  }
}
