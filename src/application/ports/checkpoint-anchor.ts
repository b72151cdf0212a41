/**
 * Where the last signed checkpoint is kept outside the database, so that a database that was set back or swapped is found out
 * (`transparency-log.md`, promise 2).
 */
export abstract class CheckpointAnchor {
  /** The signed note last written; `undefined` before the first. @throws when it cannot be read: then nothing may be signed */
  abstract read(): Promise<string | undefined>;

  /** Replaces the note; durable when it resolves, and either the old or the new one is there at any moment. */
  abstract write(note: string): Promise<void>;

  /** For what was put off: nothing, unless an adapter says otherwise. */
  close(): void {}
}
