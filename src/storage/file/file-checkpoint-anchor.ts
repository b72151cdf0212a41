import { randomUUID } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, renameSync, rmSync, write, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify, types } from 'node:util';
import { CheckpointAnchor } from '../../application/ports/checkpoint-anchor.js';
import { parseSignedCheckpoint, type SignedCheckpoint } from '../../domain/log/checkpoint.js';

/** What a disk writes as a whole or not at all. */
const SECTOR_BYTES = 512;
/** How often the file is replaced at most; the journal is always written. */
const REPLACE_MS = 50;

const writeAt = promisify(write);

/**
 * Keeps the checkpoint in a file that is replaced as a whole, and in a journal beside it that is overwritten in place. To give a file its name
 * costs many times what one overwritten sector does, so for each checkpoint only the journal is written and flushed; the file follows within a
 * moment. After a crash or a power cut, when the file may hold an older checkpoint, the journal knows.
 */
export class FileCheckpointAnchor extends CheckpointAnchor {
  private readonly journal: string;
  private opened: number | undefined;
  /** Whether the files' names have reached the disk. */
  private isNamed = false;
  private replacedAtMs = -Infinity;
  /** What the file does not hold yet. */
  private late: string | undefined;
  private timer: NodeJS.Timeout | undefined;

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
    const journal = (this.opened ??= this.openJournal());
    // Whole sectors, so that the length stays and nothing but the content has to reach the disk.
    const sectors = Math.ceil(Buffer.byteLength(note) / SECTOR_BYTES);
    const block = Buffer.alloc(sectors * SECTOR_BYTES, '\n');
    block.write(note);
    const { bytesWritten } = await writeAt(journal, block, 0, block.length, 0);
    if (bytesWritten < block.length) throw new Error(`${this.journal} took ${bytesWritten} bytes only`);
    this.late = note;
    if (performance.now() - this.replacedAtMs >= REPLACE_MS) this.replaceFile(note);
    else this.timer ??= setTimeout(() => this.catchUp(), REPLACE_MS).unref();
    if (this.isNamed) return;
    await syncFolder(dirname(this.file));
    this.isNamed = true;
  }

  override close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.late !== undefined) this.replaceFile(this.late);
    if (this.opened !== undefined) closeSync(this.opened);
    this.opened = undefined;
  }

  private catchUp(): void {
    this.timer = undefined;
    try {
      if (this.late !== undefined) this.replaceFile(this.late);
    } catch {
      this.replacedAtMs = -Infinity; // the next write tries again, and says what is wrong
    }
  }

  /** What is written through it is on the disk when the write returns. Stays open as long as the process lives. */
  private openJournal(): number {
    mkdirSync(dirname(this.file), { recursive: true });
    return openSync(this.journal, constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC, 0o600);
  }

  /** Synchronous, since nothing here waits for the disk but the first time, and a thread would have to be woken for each step. */
  private replaceFile(note: string): void {
    // Two instances may share the file, never the temporary one; in containers both may be process 1.
    const temporary = `${this.file}.${randomUUID()}.tmp`;
    try {
      writeFileSync(temporary, note, { mode: 0o600, flush: !this.isNamed });
      renameSync(temporary, this.file);
      this.replacedAtMs = performance.now();
      this.late = undefined;
    } catch (error) {
      rmSync(temporary, { force: true });
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
