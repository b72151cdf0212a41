import '../../scripts/ts.mjs';

/** Runs outside jest's sandbox, where nothing compiles TypeScript. */
export default async function setUp() {
  const { startTestServer } = await import('./test-server.ts');
  await startTestServer();
}
