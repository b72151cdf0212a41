import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, fileFailure, systemCodeOf } from './failure.js';

/** An edit takes milliseconds; a lock that stays longer was left behind. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_POLL_MS = 20;

/** What becomes of a file: without `replacement` it stays as it is. */
export interface Change<Result> {
  readonly result: Result;
  readonly replacement?: unknown;
}

/**
 * Changes a JSON file that others may change at the same time, or makes it. It is replaced as a whole, so a reader sees the old or the new
 * version.
 *
 * @param newMode of the file when it is made
 * @param change gets the text, `undefined` without the file
 * @throws Failure when it can't be read or written, or whatever `change` throws
 */
export async function changeJson<Result>(
  path: string,
  newMode: number,
  change: (text: string | undefined) => Change<Result>,
): Promise<Result> {
  const target = await realpath(path).catch(() => path);
  return whileLocked(`${target}.lock`, async () => {
    const { result, replacement } = change(await readText(path));
    if (replacement !== undefined) await replaceJson(target, newMode, replacement);
    return result;
  });
}

/** @returns `undefined` without the file */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fileFailure(`cannot read ${path}`, error);
  }
}

/** Lets one process at a time change the file, so that none overwrites what another added. */
async function whileLocked<T>(lock: string, act: () => Promise<T>): Promise<T> {
  const giveUpAtMs = Date.now() + LOCK_PATIENCE_MS;
  while (!(await take(lock))) {
    if (Date.now() > giveUpAtMs) {
      throw new Failure(`${lock} is held by another process`, 'remove the file if that process is gone');
    }
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw fileFailure(`cannot write ${lock}`, error);
  }
}

/** Temporary file, flushed, then renamed over the old one, whose mode it keeps. */
async function replaceJson(path: string, newMode: number, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const mode = (await stat(path).catch(() => undefined))?.mode ?? newMode;
    await writeFlushed(await open(temporary, 'wx', mode & 0o777), `${JSON.stringify(value, null, 2)}\n`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileFailure(`cannot write ${path}`, error);
  }
}

async function writeFlushed(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
