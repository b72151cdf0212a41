/** Runs the embedded server in a process of its own, which tests kill. Usage: run-embedded-server.ts <data directory> */
import { startEmbeddedServer } from '../../src/storage/postgres/embedded-server.js';

const server = await startEmbeddedServer({ dataDir: process.argv[2] ?? '', log: () => undefined });
process.stdout.write(`${server.url}\n`);
