import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { CheckpointAnchor } from '../../application/ports/checkpoint-anchor.js';

/** Keeps the checkpoint in a file: written beside it, flushed, then renamed over it. */
export class FileCheckpointAnchor extends CheckpointAnchor {
  constructor(private readonly file: string) {
    super();
  }

  override async read(): Promise<string | undefined> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  override async write(note: string): Promise<void> {
    const folder = dirname(this.file);
    // Two instances may share the file, never the temporary one; in containers both may be process 1.
    const temporary = `${this.file}.${randomUUID()}.tmp`;
    await mkdir(folder, { recursive: true });
    try {
      await writeDurably(temporary, note);
      await rename(temporary, this.file);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(folder);
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The rename itself must survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
