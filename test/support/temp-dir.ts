import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory that every user may pass through, as an ordinary project's directory is. */
export async function makeTempDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ect-ledger-'));
  await chmod(directory, 0o711);
  return directory;
}
