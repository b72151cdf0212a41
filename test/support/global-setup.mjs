import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../scripts/ts.mjs';

/** Runs outside jest's sandbox, where nothing compiles TypeScript. */
export default async function setUp() {
  // What the tests put down is below one folder, which goes when they have run. The database's user passes through.
  const folder = await mkdtemp(join(tmpdir(), 'ect-ledger-tests-'));
  await chmod(folder, 0o711);
  Object.assign(process.env, { TMPDIR: folder, TESTS_FOLDER: folder });
  const { startTestServer } = await import('./test-server.ts');
  await startTestServer();
}
