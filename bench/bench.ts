import { LoadClient, type LoadResult } from './load.js';
import type { CpuUse, Processes } from './processes.js';
import type { Service } from './service.js';
import type { Signer } from './tokens.js';

/** What one load showed, and what it cost. Memory is the service's, CPU that of all who took part. */
export interface Measured extends LoadResult {
  readonly cpu: CpuUse | undefined;
  /** Sampled while it ran. */
  readonly memoryBytes: readonly number[];
}

/** A service under measurement. */
export class Bench {
  /** How many entries it answered for. */
  acknowledged = 0;

  constructor(
    private readonly service: Service,
    private readonly processes: Processes | undefined,
    readonly signer: Signer,
    /** Says what is going on. */
    readonly tell: (message: string) => void,
  ) {}

  /** Puts a load on the service, from so many connections, for so long at most. */
  async measure(
    connections: number,
    load: (client: LoadClient) => Promise<LoadResult>,
    limitSeconds?: number,
  ): Promise<Measured> {
    const client = new LoadClient(this.service.url, connections, limitSeconds);
    const memory = this.processes?.watchMemory();
    const { result, cpu } = (await this.processes?.during(() => load(client))) ?? {
      result: await load(client),
      cpu: undefined,
    };
    await client.close();
    this.acknowledged += result.entries;
    return { ...result, cpu, memoryBytes: (await memory?.stop()) ?? [] };
  }

  fill(sql: string, values: readonly unknown[]): Promise<void> {
    return this.service.fill(sql, values);
  }

  async get(path: string): Promise<unknown> {
    const client = new LoadClient(this.service.url, 1);
    const body: unknown = JSON.parse(await client.get(path));
    await client.close();
    return body;
  }
}
