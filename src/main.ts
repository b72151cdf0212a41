import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { createService, type LedgerService } from './app.module.js';
import { TlsFilesError } from './http/tls-certificate.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { SigningKeyError } from './keys/ed25519-checkpoint-signer.js';
import { TrustError } from './keys/parse-trust.js';
import { DatabaseRoleError } from './storage/postgres/inspect-rights.js';
import { TokenFileError } from './keys/token-file.js';

/**
 * How much garbage V8 lets the heap grow by, in per cent of what is in use. What waits for its commit outlives the young generation, so that by
 * V8's own measure most of the memory under load would be garbage: with this it is a fifth less, for which it collects a little more often.
 */
const HEAP_GROWTH_PERCENT = 150;

/** Exit code of a configuration that can't work (sysexits.h EX_CONFIG). */
const EX_CONFIG = 78;

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
await main();

async function main(): Promise<void> {
  try {
    const config = loadConfig();
    const starting = createService(config);
    const stopping = stopOnSignals(starting);
    const service = await starting;
    // A signal that came meanwhile: the service is being closed already.
    if (stopping.aborted) return;
    await listen(service, config);
    // Nest does not know of the certificate.
    const url = await service.app.getUrl();
    greet(config, service, config.tlsFiles ? url.replace(/^http:/, 'https:') : url);
  } catch (error) {
    process.stderr.write(
      `ect-ledger did not start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(isConfiguration(error) ? EX_CONFIG : 1);
  }
}

function isConfiguration(error: unknown): boolean {
  return [ConfigError, TrustError, TokenFileError, SigningKeyError, DatabaseRoleError, TlsFilesError].some(
    (kind) => error instanceof kind,
  );
}

async function listen(service: LedgerService, { port, host }: Config): Promise<void> {
  try {
    await service.app.listen(port, host);
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** From now on signals stop the service, one that is still starting as soon as it has: its database must not be left running. */
function stopOnSignals(starting: Promise<LedgerService>): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    void starting.then(closeAndExit, () => undefined); // one that did not start has said so and ends by itself
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => void starting.then((service) => service.reloadTrust()).catch(() => undefined));
  return stopping.signal;
}

async function closeAndExit(service: LedgerService): Promise<void> {
  try {
    await service.close();
  } catch (error) {
    process.stderr.write(`ect-ledger did not stop cleanly: ${String(error)}\n`);
    process.exit(1);
  }
  process.exit(0);
}

function greet({ store, databaseUrl }: Config, { vkeys }: LedgerService, url: string): void {
  const where =
    store === 'memory' ? 'memory only' : databaseUrl === undefined ? 'embedded PostgreSQL' : 'PostgreSQL';
  process.stdout.write(`
ect-ledger is listening on ${url} (${where})

  look at it        ${url}
  browse the API    ${url}/docs
  play the demo     npx ect-ledger demo --url ${url}
  log's public key  ${vkeys.join(' ')}
  stop              Ctrl-C

`);
}
