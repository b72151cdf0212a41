import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = join(ROOT, 'dist/main.js');
/** What decides whether a commit that returned is on the disk, and what it costs. */
const SETTINGS = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_level',
  'wal_sync_method',
  'wal_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'shared_buffers',
] as const;

export type ServerSettings = Readonly<Record<string, string>>;

/** The service as an operator runs it: its own process, its own data, the embedded PostgreSQL with its settings. */
export class Service {
  private constructor(
    readonly url: string,
    readonly pid: number,
    readonly databasePid: number,
    readonly settings: ServerSettings,
    private readonly database: pg.ClientConfig,
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {}

  /** @param trust content of its trust file */
  static async start(trust: object): Promise<Service> {
    const directory = await mkdtemp(join(tmpdir(), 'ect-ledger-bench-'));
    // Root's PostgreSQL runs as another user, who has to pass.
    await chmod(directory, 0o711);
    const trustFile = join(directory, 'trust.json');
    await writeFile(trustFile, JSON.stringify(trust));
    const dataDir = join(directory, 'data');
    const child = spawn(process.execPath, [PROGRAM], {
      cwd: directory,
      env: { ...ownEnvironment(), PORT: '0', DATA_DIR: dataDir, TRUST_FILE: trustFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const url = await urlOf(child);
      const { pid: databasePid, port } = await readPidFile(dataDir);
      const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim();
      const database = { host: '127.0.0.1', port, user: 'postgres', password, database: 'ect_ledger' };
      const settings = await readSettings(database);
      return new Service(url, child.pid ?? 0, databasePid, settings, database, child, directory);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** Puts rows there that would take too long to make through the service. */
  async fill(sql: string, values: readonly unknown[]): Promise<void> {
    await query(this.database, sql, values);
  }

  /** Ends it as SIGTERM does and removes its data. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'close');
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Without the operator's own settings of the service, so that runs compare. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean =>
    /^(ECT|LEDGER|DATABASE)_/.test(name) || ['HOST', 'NODE_OPTIONS'].includes(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}

async function urlOf(child: ChildProcess): Promise<string> {
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listening on (\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('close', () => {
      reject(new Error(`the service did not start:\n${output}`));
    });
  });
}

/** `postmaster.pid`: the process on line 1, its port on line 4. */
async function readPidFile(dataDir: string): Promise<{ readonly pid: number; readonly port: number }> {
  const lines = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}

async function readSettings(database: pg.ClientConfig): Promise<ServerSettings> {
  const rows = await query<{ name: string; value: string }>(
    database,
    'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
    [SETTINGS],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

async function query<Row extends object>(
  database: pg.ClientConfig,
  sql: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return (await client.query<Row & Record<string, unknown>>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
