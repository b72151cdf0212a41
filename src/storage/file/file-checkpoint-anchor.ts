import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { CheckpointAnchor } from '../../application/ports/checkpoint-anchor.js';
import { parseSignedCheckpoint, type SignedCheckpoint } from '../../domain/log/checkpoint.js';

/** What a disk writes as a whole or not at all. */
const SECTOR_BYTES = 512;

/**
 * Keeps the checkpoint in a file that is replaced as a whole, and in a journal beside it that is overwritten in place. To flush the name of
 * a file costs many times what flushing one overwritten sector does, so for each checkpoint only the journal is flushed: after a power cut,
 * when the file may be an older one, the journal knows.
 */
export class FileCheckpointAnchor extends CheckpointAnchor {
  private readonly journal: string;
  private isNamed = false;

  constructor(private readonly file: string) {
    super();
    this.journal = `${file}.journal`;
  }

  override async read(): Promise<string | undefined> {
    const [note, journal] = await Promise.all([readIfPresent(this.file), readIfPresent(this.journal)]);
    // The journal never stands in for a file that somebody took away or changed: that has to be noticed.
    if (note === undefined || journal === undefined) return note;
    const later = `${journal.trimEnd()}\n`;
    return isAhead(later, note) ? later : note;
  }

  override async write(note: string): Promise<void> {
    const folder = dirname(this.file);
    if (!this.isNamed) await mkdir(folder, { recursive: true });
    await this.overwriteJournal(note);
    await this.replaceFile(note);
    if (this.isNamed) return;
    await syncFolder(folder);
    this.isNamed = true;
  }

  /** Padded to whole sectors, so that the length stays and nothing but the content has to reach the disk. */
  private async overwriteJournal(note: string): Promise<void> {
    const bytes = Buffer.byteLength(note);
    const padding = SECTOR_BYTES * Math.ceil(bytes / SECTOR_BYTES) - bytes;
    const handle = await open(this.journal, constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      await handle.write(note + '\n'.repeat(padding), 0);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  private async replaceFile(note: string): Promise<void> {
    // Two instances may share the file, never the temporary one; in containers both may be process 1.
    const temporary = `${this.file}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, note, { mode: 0o600, flush: !this.isNamed });
      await rename(temporary, this.file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/** Whether the journal holds a later checkpoint of the same log; some file systems leave an empty file after a power cut. */
function isAhead(journal: string, note: string): boolean {
  const [later, earlier] = [readCheckpoint(journal), readCheckpoint(note)];
  if (later === undefined || note === '') return later !== undefined;
  return later.origin === earlier?.origin && later.size > earlier.size;
}

function readCheckpoint(note: string): SignedCheckpoint | undefined {
  try {
    return parseSignedCheckpoint(note);
  } catch {
    return undefined; // whoever wants to sign will say what is wrong with it
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The files' names must survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
