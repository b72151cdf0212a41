import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cast, createCast, writeTrustFile } from './cast.js';
import { cleanUp, type SpawnedService, spawnService } from './spawned-service.js';
import { makeTempDir } from './temp-dir.js';

/** A data directory and a trust file on which built services run, end in every way and are started again. */
export class Installation {
  private readonly services: SpawnedService[] = [];

  private constructor(
    private readonly directory: string,
    /** Whom the trust file names. */
    readonly cast: Cast,
  ) {}

  static async prepare(): Promise<Installation> {
    const cast = await createCast(() => Math.floor(Date.now() / 1000));
    const installation = new Installation(await makeTempDir(), cast);
    await writeTrustFile(installation.trustFile, cast);
    return installation;
  }

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  get trustFile(): string {
    return join(this.directory, 'trust.json');
  }

  get environment(): Readonly<Record<string, string>> {
    return { DATA_DIR: this.dataDir, TRUST_FILE: this.trustFile };
  }

  /** @param more of the environment */
  async start(more: Readonly<Record<string, string>> = {}): Promise<SpawnedService> {
    const service = await spawnService({ ...this.environment, ...more });
    this.services.push(service);
    return service;
  }

  /** The service that was started last. */
  get current(): SpawnedService {
    const service = this.services.at(-1);
    if (!service) throw new Error('no service was started');
    return service;
  }

  /** Ends whatever is left and leaves nothing behind. */
  async remove(): Promise<void> {
    await cleanUp(this.services, this.dataDir);
    await rm(this.directory, { recursive: true, force: true });
  }
}
