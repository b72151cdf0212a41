import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LedgerClient } from './client.js';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'main.js');
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built service in a process of its own. */
export interface SpawnedService {
  readonly client: LedgerClient;
  /** Everything it wrote to standard output and error. */
  readonly output: () => string;
  readonly send: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ending>;
}

/** Starts the service and waits until it listens. @throws Error with its output when it ends instead */
export async function spawnService(environment: Readonly<Record<string, string>>): Promise<SpawnedService> {
  const started = spawnMain(environment);
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const url = /ect-ledger is listening on (http:\S+)/.exec(started.output())?.[1];
    if (url !== undefined) return { ...started, client: new LedgerClient(url) };
    if (hasEnded(started.child) || performance.now() > deadline)
      throw new Error(`the service did not start:\n${started.output()}`);
    await delay(POLL_MS);
  }
}

/**
 * Starts the service where it is expected to end by itself.
 *
 * @param meanwhile done to it while it starts
 */
export async function runService(
  environment: Readonly<Record<string, string>>,
  meanwhile: (starting: Omit<SpawnedService, 'client'>) => Promise<void> = () => Promise.resolve(),
): Promise<Ending & { readonly output: string }> {
  const starting = spawnMain(environment);
  await meanwhile(starting);
  return { ...(await starting.ended), output: starting.output() };
}

/** Kills and stops what a test has left of the services and databases on these data directories. */
export async function cleanUp(services: readonly SpawnedService[], dataDir: string): Promise<void> {
  for (const { send, ended } of services) {
    send('SIGKILL');
    await ended;
  }
  const pid = await postmasterPid(dataDir);
  if (pid === undefined) return;
  signal(pid, 'SIGQUIT');
  await hasGone(pid);
}

/** Process id of the embedded database of a data directory, if one runs. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const pid = Number((await postmasterFile(dataDir))[0]);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

/** Connection URL of the embedded database of a data directory. */
export async function embeddedUrl(dataDir: string): Promise<string> {
  const password = await readFile(join(dataDir, 'postgres-password'), 'utf8');
  const port = (await postmasterFile(dataDir))[3] ?? '';
  return `postgresql://postgres:${password.trim()}@127.0.0.1:${port}/ect_ledger`;
}

/** Line 1 is the process, line 4 its port. */
async function postmasterFile(dataDir: string): Promise<readonly string[]> {
  const elsewhere = await readFile(join(dataDir, 'postgres-location'), 'utf8').catch(() => undefined);
  const file = join(elsewhere?.trim() ?? join(dataDir, 'postgres'), 'postmaster.pid');
  return (await readFile(file, 'utf8').catch(() => '')).split('\n');
}

/** Waits until a process that is no child of ours is gone. */
export async function hasGone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(POLL_MS);
}

export function signal(pid: number, name: NodeJS.Signals | 0): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function spawnMain(environment: Readonly<Record<string, string>>): Omit<SpawnedService, 'client'> & {
  readonly child: ChildProcess;
} {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm test builds it`);
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    cwd: ROOT,
    env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  const ended = once(child, 'close').then(([code, name]) => ({ code, signal: name }));
  return { child, ended, output: () => output, send: (name) => child.kill(name) };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
