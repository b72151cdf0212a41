import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, fileFailure } from './failure.js';
import type { Outcome } from './recorder.js';

/** RFC 9562 §4. What the ledger answers becomes a file name: nothing else may. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Writes the receipt of a recorded token into a folder; a newer one of the same task replaces it. @throws Failure */
export async function keepReceipt(folder: string, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'rejected') return;
  const { jti, receipt } = outcome;
  if (receipt === undefined || !UUID.test(jti)) {
    throw new Failure(
      `the ledger gave no receipt for ${jti}`,
      'it is recorded; ask for it again at /ledger/<jti>/receipt',
    );
  }
  const path = join(folder, `${jti}.json`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, `${JSON.stringify(receipt, null, 2)}\n`);
  } catch (error) {
    throw fileFailure(`cannot write ${path}`, error);
  }
}
