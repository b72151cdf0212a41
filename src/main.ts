import 'reflect-metadata';
import { createService, type LedgerService } from './app.module.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { SigningKeyError } from './keys/ed25519-checkpoint-signer.js';
import { TrustError } from './keys/parse-trust.js';

/** Exit code of a configuration that can't work (sysexits.h EX_CONFIG). */
const EX_CONFIG = 78;

await main();

async function main(): Promise<void> {
  try {
    const config = loadConfig();
    const service = await createService(config);
    stopOnSignals(service);
    await listen(service, config);
    greet(config, service, await service.app.getUrl());
  } catch (error) {
    process.stderr.write(
      `ect-ledger did not start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(isConfiguration(error) ? EX_CONFIG : 1);
  }
}

function isConfiguration(error: unknown): boolean {
  return error instanceof ConfigError || error instanceof TrustError || error instanceof SigningKeyError;
}

async function listen(service: LedgerService, { port, host }: Config): Promise<void> {
  try {
    await service.app.listen(port, host);
  } catch (error) {
    await service.close();
    throw error;
  }
}

function stopOnSignals(service: LedgerService): void {
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`ect-ledger did not stop cleanly: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => void service.reloadTrust());
}

function greet({ store, databaseUrl }: Config, { vkeys }: LedgerService, url: string): void {
  const where =
    store === 'memory' ? 'memory only' : databaseUrl === undefined ? 'embedded PostgreSQL' : 'PostgreSQL';
  process.stdout.write(`
ect-ledger is listening on ${url} (${where})

  browse the API    ${url}/docs
  play the demo     npx ect-ledger demo --url ${url}
  log's public key  ${vkeys.join(' ')}
  stop              Ctrl-C

`);
}
