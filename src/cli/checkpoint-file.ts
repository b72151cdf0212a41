import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure, systemCodeOf } from './failure.js';

/** The checkpoint that a monitor saw last: a signed note in a file. */
export class CheckpointFile {
  constructor(readonly path: string) {}

  /** `undefined` before the first. @throws Failure */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw fileFailure(`cannot read ${this.path}`, error);
    }
  }

  /** Replaces the note: at any moment the old or the new one is there, also after a power cut. @throws Failure */
  async write(note: string): Promise<void> {
    const temporary = `${this.path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await writeFlushed(temporary, note);
      await rename(temporary, this.path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw fileFailure(`cannot write ${this.path}`, error);
    }
  }

  /**
   * Keeps a note that contradicts this one beside it, under a name of its own.
   *
   * @returns where it is
   * @throws Failure
   */
  async keepContradiction(note: string): Promise<string> {
    const digest = createHash('sha256').update(note).digest('hex').slice(0, 8);
    const path = `${this.path}.contradicted-${digest}`;
    try {
      await writeFile(path, note, { flag: 'wx' });
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw fileFailure(`cannot write ${path}`, error);
    }
    return path;
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
