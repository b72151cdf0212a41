import { encodeBase64 } from '../../../src/domain/log/base64.js';
import { decodeLeaf, type EctLeaf } from '../../../src/domain/log/leaf.js';
import { LogFormatError } from '../../../src/domain/log/log-format-error.js';
import { type NoteKey, parseVkey } from '../../../src/domain/log/note-key.js';
import { parseReceipt, type Receipt } from '../../../src/domain/log/receipt.js';
import { type ReceiptStep, verifyReceipt } from '../../../src/domain/log/verify-receipt.js';
import { getEntry, getKey, getReceipt, type TaskName } from '../api/client.js';
import { Problem } from '../api/problem.js';
import type { Entry } from '../api/wire.js';
import type { Check } from './check.js';
import { checkEntry } from './check-entry.js';
import { pinnedKeys, type PinnedKeys } from './pinned-keys.js';
import { checkTokenSignature } from './token-signature.js';
import { hasEd25519, hasWebCrypto, webCrypto } from './web-crypto.js';

const TITLES: Readonly<Record<ReceiptStep['name'], string>> = {
  leaf: 'The leaf has the hash that the receipt states',
  inclusion: 'The path leads from the leaf to the root',
  checkpoint: 'The checkpoint states this root and size',
  origin: 'The log is the one whose key is pinned',
  signature: 'The log signed the checkpoint',
  token: 'The leaf commits to this token',
};

/** Everything about one task that can be checked without believing the ledger, from bytes fetched for it just now. */
export async function verifyTask(name: TaskName): Promise<readonly Check[]> {
  if (!hasWebCrypto()) return [unavailable('a browser checks signatures only over HTTPS or on localhost')];
  try {
    const [entry, json, pinned] = await Promise.all([getEntry(name), getReceipt(name), pinnedKeys()]);
    return await checkAll(name, entry, json, pinned);
  } catch (error) {
    if (error instanceof Problem) return [unavailable(error.message)];
    throw error;
  }
}

async function checkAll(
  name: TaskName,
  entry: Entry,
  json: unknown,
  pinned: PinnedKeys,
): Promise<readonly Check[]> {
  const receipt = readReceipt(json);
  if (typeof receipt === 'string') return [failed('receipt', 'The receipt is one', receipt)];
  const leaf = readLeaf(receipt);
  const keys = await readKeys(pinned.vkeys);
  const { steps } = await verifyReceipt(receipt, { keys, ect: entry.ect }, webCrypto);
  const log = await honest(steps.map((step) => checkOf(step, receipt)));
  const jwk = leaf && (await getKey(leaf.jkt));
  return [
    ...(await checkTokenSignature(entry.ect, jwk, leaf?.jkt)),
    checkEntry(name, entry, receipt, leaf),
    ...log.filter((check) => check.name === 'token'),
    ...log.filter((check) => check.name !== 'token'),
    checkPin(pinned),
  ];
}

/** What passed is told with the numbers that it is about. */
function checkOf({ name, outcome, detail }: ReceiptStep, receipt: Receipt): Check {
  const title = TITLES[name];
  if (outcome !== 'passed') return { name, title, outcome, detail };
  const numbers: Readonly<Record<ReceiptStep['name'], string>> = {
    leaf: encodeBase64(receipt.leafHash),
    inclusion: `number ${receipt.index} of ${receipt.size} leaves, by ${receipt.path.length} hashes`,
    checkpoint: encodeBase64(receipt.root),
    origin: receipt.origin,
    signature: 'Ed25519, checked with WebCrypto',
    token: 'its SHA-256 is in the leaf',
  };
  return { name, title, outcome, detail: numbers[name] };
}

/** Where the browser lacks Ed25519, its "false" says nothing. */
async function honest(checks: readonly Check[]): Promise<readonly Check[]> {
  if (await hasEd25519()) return checks;
  return checks.map((check) =>
    check.name === 'signature' && check.outcome === 'failed'
      ? {
          ...check,
          outcome: 'skipped' as const,
          detail: 'this browser does not know Ed25519; use the command line',
        }
      : check,
  );
}

function checkPin({ status, vkeys, offered }: PinnedKeys): Check {
  const title = "The log's key is the one seen before";
  if (status === 'changed')
    return {
      ...failed(
        'pin',
        title,
        `the ledger now names ${offered.join(' ') || 'none'}; pinned is ${vkeys.join(' ')}`,
      ),
      acceptable: offered,
    };
  const how =
    status === 'known' ? 'pinned in this browser' : 'seen for the first time and pinned in this browser';
  return { name: 'pin', title, outcome: 'passed', detail: `${how}: ${vkeys.join(' ')}` };
}

function readReceipt(json: unknown): Receipt | string {
  try {
    return parseReceipt(json);
  } catch (error) {
    if (error instanceof LogFormatError) return error.message;
    throw error;
  }
}

function readLeaf({ leaf }: Receipt): EctLeaf | undefined {
  try {
    const decoded = decodeLeaf(leaf);
    return decoded.kind === 'ect' ? decoded : undefined;
  } catch (error) {
    if (error instanceof LogFormatError) return undefined; // the step "leaf" says so
    throw error;
  }
}

async function readKeys(vkeys: readonly string[]): Promise<readonly NoteKey[]> {
  const keys = await Promise.all(
    vkeys.map((vkey) =>
      parseVkey(vkey, webCrypto.sha256).catch((error: unknown) => {
        if (error instanceof LogFormatError) return undefined; // then the step "origin" finds none
        throw error;
      }),
    ),
  );
  return keys.filter((key) => key !== undefined);
}

function failed(name: string, title: string, detail: string): Check {
  return { name, title, outcome: 'failed', detail };
}

function unavailable(detail: string): Check {
  return { name: 'fetch', title: 'What is needed is at hand', outcome: 'skipped', detail };
}
