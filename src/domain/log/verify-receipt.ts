import { encodeBase64url } from './base64.js';
import { encodeUtf8, equalBytes } from './bytes.js';
import { parseSignedCheckpoint } from './checkpoint.js';
import { decodeLeaf } from './leaf.js';
import type { LogCrypto } from './log-crypto.js';
import { LogFormatError } from './log-format-error.js';
import { leafInput, verifyInclusion } from './merkle.js';
import { verifyNote } from './note.js';
import type { NoteKey } from './note-key.js';
import type { Receipt } from './receipt.js';

/** What the verifier knows from elsewhere. */
export interface ReceiptExpectations {
  /** The log's keys: several once one was replaced. */
  readonly keys: readonly NoteKey[];
  /** The token that the leaf is said to stand for, as compact JWS. */
  readonly ect?: string | undefined;
}

/** One check of a receipt, with a sentence for a person: what it showed, or what is wrong. */
export interface ReceiptStep {
  readonly name: 'leaf' | 'inclusion' | 'checkpoint' | 'origin' | 'signature' | 'token';
  /** `skipped`: there was nothing to check against. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

export interface ReceiptVerdict {
  /** Whether no step failed. */
  readonly isGenuine: boolean;
  /** All of them, in order: a failure does not hide the rest. */
  readonly steps: readonly ReceiptStep[];
}

/** A check answers with what is wrong, if anything is; a `LogFormatError` that it throws is such an answer too. */
interface Check {
  readonly name: ReceiptStep['name'];
  /** What it showed when nothing is wrong. */
  readonly shows: string;
  readonly fault: (evidence: Evidence) => string | undefined | Promise<string | undefined>;
}

interface Evidence {
  readonly receipt: Receipt;
  readonly keys: readonly NoteKey[];
  readonly crypto: LogCrypto;
}

/**
 * Checks a receipt offline, against nothing but what the verifier knows. That the entry is *still* in the log follows from a later
 * checkpoint that is consistent with this one, not from the receipt.
 *
 * @param receipt as read from anywhere
 */
export async function verifyReceipt(
  receipt: Receipt,
  { keys, ect }: ReceiptExpectations,
  crypto: LogCrypto,
): Promise<ReceiptVerdict> {
  const evidence = { receipt, keys, crypto };
  const steps: ReceiptStep[] = [];
  for (const check of CHECKS) steps.push(await run(check, evidence));
  steps.push(ect === undefined ? NO_TOKEN : await run(tokenCheck(ect), evidence));
  return { isGenuine: steps.every(({ outcome }) => outcome !== 'failed'), steps };
}

const CHECKS: readonly Check[] = [
  { name: 'leaf', shows: 'the leaf is a record of a ledger and has this hash', fault: leafFault },
  { name: 'inclusion', shows: 'the path leads from the leaf to the root', fault: inclusionFault },
  { name: 'checkpoint', shows: 'the checkpoint states this origin, size and root', fault: checkpointFault },
  { name: 'origin', shows: 'the log is one whose key is known', fault: originFault },
  { name: 'signature', shows: 'the log signed the checkpoint', fault: signatureFault },
];

const NO_TOKEN: ReceiptStep = { name: 'token', outcome: 'skipped', detail: 'no token was given to compare' };

function tokenCheck(ect: string): Check {
  return {
    name: 'token',
    shows: 'the leaf commits to this token',
    fault: (evidence) => tokenFault(ect, evidence),
  };
}

async function run({ name, shows, fault }: Check, evidence: Evidence): Promise<ReceiptStep> {
  try {
    const found = await fault(evidence);
    return { name, outcome: found === undefined ? 'passed' : 'failed', detail: found ?? shows };
  } catch (error) {
    if (error instanceof LogFormatError) return { name, outcome: 'failed', detail: error.message };
    throw error;
  }
}

async function leafFault({ receipt, crypto }: Evidence): Promise<string | undefined> {
  decodeLeaf(receipt.leaf);
  const hash = await crypto.sha256(leafInput(receipt.leaf));
  return equalBytes(hash, receipt.leafHash) ? undefined : 'the leaf has another hash';
}

async function inclusionFault({ receipt, crypto }: Evidence): Promise<string | undefined> {
  const isIncluded = await verifyInclusion(receipt, crypto.sha256);
  return isIncluded ? undefined : 'the path does not lead from this leaf at this index to the root';
}

function checkpointFault({ receipt }: Evidence): string | undefined {
  const { origin, size, root } = parseSignedCheckpoint(receipt.checkpoint);
  if (origin !== receipt.origin) return 'the checkpoint is of another log';
  if (size !== receipt.size) return 'the checkpoint is of another size';
  return equalBytes(root, receipt.root) ? undefined : 'the checkpoint has another root';
}

function originFault({ receipt, keys }: Evidence): string | undefined {
  return keys.some(({ name }) => name === receipt.origin) ? undefined : 'no known key is of this log';
}

async function signatureFault({ receipt, keys, crypto }: Evidence): Promise<string | undefined> {
  // A key that is known for another log says nothing about this one.
  const ofThisLog = keys.filter(({ name }) => name === receipt.origin);
  const { note } = parseSignedCheckpoint(receipt.checkpoint);
  switch (await verifyNote(note, ofThisLog, crypto)) {
    case 'verified':
      return undefined;
    case 'unknown-key':
      return 'no known key of the log signed the checkpoint';
    case 'invalid-signature':
      return 'the signature of the checkpoint is wrong';
  }
}

async function tokenFault(ect: string, { receipt, crypto }: Evidence): Promise<string | undefined> {
  const leaf = decodeLeaf(receipt.leaf);
  if (leaf.kind !== 'ect') return 'the leaf does not stand for a token';
  const digest = encodeBase64url(await crypto.sha256(encodeUtf8(ect)));
  return digest === leaf.digest ? undefined : 'the leaf commits to another token';
}
