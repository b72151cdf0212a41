import { encodeBase64 } from '../../domain/log/base64.js';
import { equalBytes } from '../../domain/log/bytes.js';
import {
  type Checkpoint,
  type SignedCheckpoint,
  parseSignedCheckpoint,
} from '../../domain/log/checkpoint.js';
import { LogFormatError } from '../../domain/log/log-format-error.js';
import { nodeCrypto } from '../../domain/log/node-crypto.js';
import { verifyNote } from '../../domain/log/note.js';
import type { NoteKey } from '../../domain/log/note-key.js';
import { LogFault } from './log-fault.js';
import { checkUpperTiles, readTree } from './read-tree.js';
import type { TileServer } from './tile-server.js';

/** A checkpoint that the log signed, with the text it came in. */
export interface Sighting extends SignedCheckpoint {
  readonly text: string;
}

export interface FollowOptions {
  readonly keys: readonly NoteKey[];
  /** The checkpoint seen before, if any: a log is trusted on first use. */
  readonly last: Sighting | undefined;
  readonly onProgress?: ((doneLeaves: number, size: number) => void) | undefined;
}

/**
 * Sees whether a log is what it signed and grew from what it was when it was last seen. Only its tiles count: a proof that it computes
 * for us is not asked for.
 *
 * @param served what the log serves as its checkpoint, hostile
 * @returns the checkpoint to remember
 * @throws LogFault that says what differs; LogUnavailable when it could not be asked
 */
export async function followLog(
  server: TileServer,
  served: string,
  { keys, last, onProgress }: FollowOptions,
): Promise<Sighting> {
  const now = await openCheckpoint(served, keys);
  if (last) checkNotBack(last, now);
  const { size } = now;
  const tree = await readTree(server, {
    size,
    since: last?.size ?? 0,
    onProgress: (done) => onProgress?.(done, size),
  });
  checkRoots(tree, now, last);
  if (tree.fault) throw tree.fault;
  await checkUpperTiles(server, tree.tileRoots);
  return now;
}

/**
 * Takes a checkpoint apart and verifies who signed it.
 *
 * @throws LogFault `unsigned`
 */
export async function openCheckpoint(text: string, keys: readonly NoteKey[]): Promise<Sighting> {
  const checkpoint = parseOrBlame(text);
  const { origin, note } = checkpoint;
  const ofThisLog = keys.filter(({ name }) => name === origin);
  if (ofThisLog.length === 0)
    throw new LogFault('unsigned', `the checkpoint is of "${origin}", and no given key is of that log`);
  switch (await verifyNote(note, ofThisLog, nodeCrypto)) {
    case 'verified':
      return { ...checkpoint, text };
    case 'unknown-key':
      throw new LogFault('unsigned', `the checkpoint of "${origin}" is not signed by a given key`);
    case 'invalid-signature':
      throw new LogFault('unsigned', `the checkpoint of "${origin}" has a wrong signature`);
  }
}

function parseOrBlame(text: string): SignedCheckpoint {
  try {
    return parseSignedCheckpoint(text);
  } catch (error) {
    if (error instanceof LogFormatError) throw new LogFault('unsigned', error.message);
    throw error;
  }
}

function checkNotBack(last: Sighting, now: Sighting): void {
  if (last.origin !== now.origin)
    throw new LogFault('fork', `the log was "${last.origin}" and now is "${now.origin}"`, now.text);
  if (now.size < last.size) {
    const message = `the log went back: it had ${last.size} leaves and now signs for ${now.size}; an old copy, or history was cut off`;
    throw new LogFault('rollback', message, now.text);
  }
  if (now.size === last.size && !equalBytes(now.root, last.root))
    throw new LogFault(
      'fork',
      `the log signed two roots for ${words(last)} and now ${rootOf(now)}`,
      now.text,
    );
}

function checkRoots(
  { root, rootThen }: { readonly root: Uint8Array; readonly rootThen: Uint8Array },
  now: Sighting,
  last: Sighting | undefined,
): void {
  const isAsThen = last === undefined || equalBytes(rootThen, last.root);
  if (!equalBytes(root, now.root)) {
    const where = last && isAsThen ? `, from leaf ${last.size} on` : '';
    const message = `the tiles do not have the root that the log signed for ${words(now)}; they have ${encodeBase64(root)}${where}`;
    throw new LogFault('inconsistent', message);
  }
  if (isAsThen) return;
  const message = `the log was rewritten: its first ${last.size} leaves have the root ${encodeBase64(rootThen)}, but it had signed ${rootOf(last)}`;
  throw new LogFault('fork', message, now.text);
}

function words(checkpoint: Checkpoint): string {
  return `${checkpoint.size} leaves, ${rootOf(checkpoint)}`;
}

function rootOf({ root }: Checkpoint): string {
  return encodeBase64(root);
}
