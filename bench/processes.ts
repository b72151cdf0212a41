import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Linux: USER_HZ, the unit of times in /proc. */
const TICKS_PER_SECOND = 100;
const SAMPLE_INTERVAL_MS = 200;

/** Cores in use on average: by the service, by PostgreSQL, by the load generator, and by everything else on the machine. */
export interface CpuUse {
  readonly service: number;
  readonly database: number;
  readonly load: number;
  readonly others: number;
}

/** What is read from /proc; elsewhere than on Linux nothing is, and the figures are left out. */
export class Processes {
  private constructor(
    private readonly servicePid: number,
    private readonly databasePid: number,
  ) {}

  static async find(servicePid: number, databasePid: number): Promise<Processes | undefined> {
    const isThere = await residentBytes(servicePid).catch(() => undefined);
    return isThere === undefined ? undefined : new Processes(servicePid, databasePid);
  }

  /** Runs `work` and tells what it cost. */
  async during<Result>(
    work: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly cpu: CpuUse }> {
    const before = await this.ticks();
    const started = performance.now();
    const result = await work();
    const after = await this.ticks();
    const elapsed = ((performance.now() - started) / 1000) * TICKS_PER_SECOND;
    const cores = (name: keyof typeof after): number => (after[name] - before[name]) / elapsed;
    const [service, database, load] = [cores('service'), cores('database'), cores('load')];
    return { result, cpu: { service, database, load, others: cores('all') - service - database - load } };
  }

  /** Samples the service's resident memory until `stop`. */
  watchMemory(): MemoryWatch {
    return new MemoryWatch(this.servicePid);
  }

  private async ticks(): Promise<Readonly<Record<'service' | 'database' | 'load' | 'all', number>>> {
    const [service, database, load, all] = await Promise.all([
      processTicks(this.servicePid),
      familyTicks(this.databasePid),
      processTicks(process.pid),
      machineTicks(),
    ]);
    return { service, database, load, all };
  }
}

export class MemoryWatch {
  private readonly samples: number[] = [];
  private readonly stopping = new AbortController();
  private readonly sampling: Promise<void>;

  constructor(private readonly pid: number) {
    this.sampling = this.sample();
  }

  /** @returns the samples, in bytes */
  async stop(): Promise<readonly number[]> {
    this.stopping.abort();
    await this.sampling;
    return this.samples;
  }

  private async sample(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.samples.push(await residentBytes(this.pid));
      await delay(SAMPLE_INTERVAL_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** proc(5): user and system time, and those of children that have ended, are the fields 14 to 17. */
async function processTicks(pid: number): Promise<number> {
  const fields = await statFields(pid);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** A process and its children. */
async function familyTicks(parent: number): Promise<number> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const ticks = pids.map(async (pid) => {
    const fields = await statFields(pid).catch(() => []);
    return pid === parent || Number(fields[1]) === parent ? processTicks(pid) : 0;
  });
  return (await Promise.all(ticks)).reduce((sum, one) => sum + one, 0);
}

/** The fields after the process's name, which stands in parentheses and may hold anything; the first is number 3, the state. */
async function statFields(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** All cores together: user, nice, system, irq, softirq, steal; idle and waiting do not count. */
async function machineTicks(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const fields = line.split(/\s+/).slice(1).map(Number);
  return [0, 1, 2, 5, 6, 7].reduce((sum, field) => sum + (fields[field] ?? 0), 0);
}
