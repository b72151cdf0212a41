import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from './embedded-binaries.js';
import type { Cluster } from './embedded-cluster.js';

const run = promisify(execFile);

/** A running PostgreSQL server process, whether this process started it or a crashed one left it behind. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  isRunning(): Promise<boolean>;
}

/** Fast shutdown gets this long to write its checkpoint, then the server is told to leave at once. */
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 25;

/** Durability stays at PostgreSQL's defaults: fsync, synchronous_commit and full_page_writes are on. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // One service with a handful of pooled connections; what is hot fits, the rest is the kernel's page cache.
  shared_buffers: '64MB',
  max_connections: '30',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The log grows without bound, so only what matters goes there.
  log_checkpoints: 'off',
};

/** Spawns the server; it is not ready yet when this returns. Its output goes to the cluster's log file. */
export async function spawnPostmaster(
  cluster: Cluster,
  port: number,
): Promise<Postmaster & { readonly startedAt: number }> {
  const output = await open(cluster.logFile, 'a', 0o600);
  try {
    const startedAt = (await output.stat()).size;
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // A process group of its own: Ctrl-C in the terminal must not reach the database before the service has drained.
    const child = spawn(
      cluster.binaries.postgres,
      ['-D', cluster.clusterDir, '-p', String(port), ...settings],
      {
        ...cluster.user,
        cwd: '/',
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      },
    );
    await once(child, 'spawn');
    const { pid } = child;
    if (pid === undefined) throw new Error('the PostgreSQL process has no id');
    return { pid, port, startedAt, isRunning: () => Promise.resolve(isAlive(child)) };
  } finally {
    await output.close();
  }
}

/** The server that runs on this cluster, if any. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const pidFile = join(cluster.clusterDir, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => '');
  // Line 1 is the process, line 4 its port.
  const lines = content.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const isRunning = (): Promise<boolean> => isServerOf(cluster, pid);
  if (await isRunning()) return { pid, port, isRunning };
  if (isInUse(pid)) await removeStale(pidFile, content);
  return undefined;
}

/** Asks for a fast shutdown and returns once the process is gone. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  if (!(await postmaster.isRunning())) return;
  send(postmaster, 'SIGINT');
  if (await hasExited(postmaster, STOP_TIMEOUT_MS)) return;
  send(postmaster, 'SIGQUIT');
  if (await hasExited(postmaster, STOP_TIMEOUT_MS)) return;
  throw new Error(`the PostgreSQL server (process ${String(postmaster.pid)}) does not stop`);
}

/** What PostgreSQL logged since `startedAt` (bytes into the log file), its last lines at most. */
export async function lastLogLines(cluster: Cluster, startedAt: number): Promise<string> {
  const content = await readFile(cluster.logFile);
  return content.subarray(startedAt).toString('utf8').trim().split('\n').slice(-12).join('\n');
}

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function send(postmaster: Postmaster, signal: NodeJS.Signals): void {
  try {
    process.kill(postmaster.pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

async function hasExited(postmaster: Postmaster, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await postmaster.isRunning()) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Process ids are used again, and a dead process may linger as a zombie: only the command line tells the server apart. */
async function isServerOf(cluster: Cluster, pid: number): Promise<boolean> {
  return (await commandLine(pid)).includes(cluster.clusterDir);
}

async function commandLine(pid: number): Promise<string> {
  const proc = `/proc/${String(pid)}/cmdline`;
  if (await stat('/proc/self').catch(() => undefined)) return readFile(proc, 'utf8').catch(() => '');
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

function isInUse(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** PostgreSQL ignores a lock file of a dead process by itself, but not one whose process id something else has by now. */
async function removeStale(pidFile: string, seen: string): Promise<void> {
  const now = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (now === seen) await unlink(pidFile).catch(() => undefined);
}
