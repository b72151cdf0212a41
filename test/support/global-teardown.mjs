import { rm } from 'node:fs/promises';

export default async function tearDown() {
  const { stopTestServer } = await import('./test-server.ts');
  await stopTestServer();
  const { TESTS_FOLDER } = process.env;
  if (TESTS_FOLDER) await rm(TESTS_FOLDER, { recursive: true });
}
