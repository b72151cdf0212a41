import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyDeep, type AuditReport } from '../../src/audit.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/storage/postgres/embedded-server.js';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { makeTempDir } from '../support/temp-dir.js';
import { LogFiles, openStore, ORIGIN, token, verified } from './ledger.js';

const SILENT = { log: () => undefined };

describe('deep verification of the embedded database', () => {
  let folder: string;
  let dataDir: string;
  let files: LogFiles;
  let server: EmbeddedServer;

  beforeEach(async () => {
    folder = await makeTempDir();
    dataDir = join(folder, 'data');
    files = await LogFiles.create();
    server = await startEmbeddedServer({ dataDir, ...SILENT });
    await migrate(server.urlAs('owner'), SILENT);
    const store = openStore(server.urlAs('app'), await files.sealer());
    await store.append([[await verified(token())]]);
    await store.close();
  }, 60_000);
  afterEach(async () => {
    await server.stop();
    await Promise.all([rm(folder, { recursive: true }), files.remove()]);
  }, 60_000);

  const verify = (directory = dataDir): Promise<AuditReport> =>
    verifyDeep({
      environment: {
        DATA_DIR: directory,
        LEDGER_ORIGIN: ORIGIN,
        LEDGER_SIGNING_KEY_FILE: files.key,
        LEDGER_ANCHOR_FILE: files.anchor,
      },
    });

  it('uses a running server and leaves it running; else it starts one and stops it again', async () => {
    expect(await verify()).toMatchObject({ size: 2, findings: [] });
    const store = openStore(server.url, await files.sealer());
    await store.append([[await verified(token())]]);
    await store.close();
    await server.stop();

    expect(await verify()).toMatchObject({ size: 3, findings: [] });
    // Nobody owns it: it starts.
    server = await startEmbeddedServer({ dataDir, ...SILENT });
  }, 60_000);

  it('does not create a database where there is none', async () => {
    await expect(verify(join(folder, 'other'))).rejects.toThrow(/there is no database/);
    await expect(rm(join(folder, 'other'), { recursive: true })).rejects.toThrow(/ENOENT/);
  });
});
