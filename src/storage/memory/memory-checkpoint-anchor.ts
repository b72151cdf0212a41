import { CheckpointAnchor } from '../../application/ports/checkpoint-anchor.js';

/** Keeps the checkpoint in memory, for a log that ends with the process. */
export class MemoryCheckpointAnchor extends CheckpointAnchor {
  private note: string | undefined;

  override read(): Promise<string | undefined> {
    return Promise.resolve(this.note);
  }

  override write(note: string): Promise<void> {
    this.note = note;
    return Promise.resolve();
  }
}
