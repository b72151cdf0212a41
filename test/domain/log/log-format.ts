import { type LogFormat, LogFormatError } from '../../../src/domain/log/log-format-error.js';

/** Runs what should fail and says which format was found wrong; any other outcome fails the test. */
export async function wrongFormatOf(act: () => unknown): Promise<LogFormat> {
  let value: unknown;
  try {
    value = await act();
  } catch (error) {
    if (error instanceof LogFormatError) return error.format;
    throw error;
  }
  throw new Error(`expected a LogFormatError, got ${JSON.stringify(value)}`);
}
