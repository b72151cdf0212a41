import { type Fault, LedgerError } from '../../src/domain/errors.js';

/** Runs what should fail and hands out the `LedgerError`; any other outcome fails the test. */
export async function problemOf(act: () => unknown): Promise<LedgerError> {
  let value: unknown;
  try {
    value = await act();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error(`expected a LedgerError, got ${JSON.stringify(value)}`);
}

export async function codeOf(act: () => unknown): Promise<string> {
  return (await problemOf(act)).code;
}

export async function faultsOf(act: () => unknown): Promise<readonly Fault[]> {
  return (await problemOf(act)).extras.errors ?? [];
}
