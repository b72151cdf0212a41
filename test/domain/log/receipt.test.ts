import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../../../src/domain/log/checkpoint.js';
import { encodeLeaf } from '../../../src/domain/log/leaf.js';
import type { LogCrypto } from '../../../src/domain/log/log-crypto.js';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import type { NoteSigner } from '../../../src/domain/log/note.js';
import { type NoteKey, formatVkey } from '../../../src/domain/log/note-key.js';
import {
  type Receipt,
  type ReceiptJson,
  buildReceipt,
  formatReceipt,
  parseReceipt,
} from '../../../src/domain/log/receipt.js';
import { EMPTY_EDGE, growEdge } from '../../../src/domain/log/right-edge.js';
import { formatTlogProof, parseTlogProof, receiptOfProof } from '../../../src/domain/log/tlog-proof.js';
import { leafHash } from '../../../src/domain/log/tree-hash.js';
import { verifyReceipt } from '../../../src/domain/log/verify-receipt.js';
import { wrongFormatOf } from './log-format.js';
import { makeSigner } from './log-key.js';

const ORIGIN = 'ledger.example/log';
const ECT = 'eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ4In0.c2ln';
const INDEX = 5;

/** A browser's cryptography. */
const webCrypto: LogCrypto = {
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
  verifyEd25519: async (publicKey, message, signature) => {
    const key = await crypto.subtle.importKey('raw', publicKey, { name: 'Ed25519' }, false, ['verify']);
    return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
  },
};

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url');

function ectLeaf(ect: string): Uint8Array {
  const jti = '550e8400-e29b-41d4-a716-446655440001';
  return encodeLeaf({ kind: 'ect', jti, digest: digestOf(ect), jkt: digestOf('key'), recordedAtMs: 1 });
}

/** A log of eleven leaves, ECT's at index 5, and its receipt. */
async function makeReceipt(signers: readonly NoteSigner[], leafAt = ectLeaf(ECT)): Promise<Receipt> {
  const [{ key }] = signers as [NoteSigner];
  const genesis = encodeLeaf({ kind: 'genesis', origin: ORIGIN, vkey: formatVkey({ ...key, name: ORIGIN }) });
  const others = Array.from({ length: 10 }, (_, at) => ectLeaf(`${ECT}${at}`));
  const leaves = [genesis, ...others].with(INDEX, leafAt);
  const { root, edge, inclusionPath } = growEdge(EMPTY_EDGE, leaves.map(leafHash));
  const checkpoint = await signCheckpoint({ origin: ORIGIN, size: edge.size, root }, signers);
  const path = inclusionPath(INDEX);
  return buildReceipt({ index: INDEX, leaf: leafAt, leafHash: leafHash(leafAt), path }, checkpoint);
}

let signer: NoteSigner;
let receipt: Receipt;

beforeAll(async () => {
  signer = await makeSigner(ORIGIN);
  receipt = await makeReceipt([signer]);
});

/** The steps that failed. */
async function failuresOf(changed: Receipt, keys: readonly NoteKey[] = [signer.key], ect?: string) {
  const { isGenuine, steps } = await verifyReceipt(changed, { keys, ect }, nodeCrypto);
  const failures = steps.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
  expect(isGenuine).toBe(failures.length === 0);
  return failures;
}

const flipped = (bytes: Uint8Array) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);

describe.each([
  ['node:crypto', nodeCrypto],
  ['WebCrypto', webCrypto],
])('verifyReceipt with %s', (_, crypto) => {
  it('finds a receipt genuine and says what each step showed', async () => {
    const { isGenuine, steps } = await verifyReceipt(receipt, { keys: [signer.key], ect: ECT }, crypto);
    expect(isGenuine).toBe(true);
    expect(steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'leaf passed',
      'inclusion passed',
      'checkpoint passed',
      'origin passed',
      'signature passed',
      'token passed',
    ]);
    expect(new Set(steps.map(({ detail }) => detail)).size).toBe(6);
  });

  it('finds a forged one', async () => {
    const forged = { ...receipt, leaf: ectLeaf('another') };
    const { isGenuine } = await verifyReceipt(forged, { keys: [signer.key] }, crypto);
    expect(isGenuine).toBe(false);
  });
});

describe('verifyReceipt', () => {
  it('does without a token, and says so', async () => {
    const { isGenuine, steps } = await verifyReceipt(receipt, { keys: [signer.key] }, nodeCrypto);
    expect(isGenuine).toBe(true);
    expect(steps.at(-1)).toMatchObject({ name: 'token', outcome: 'skipped' });
  });

  it('names the step at which a change shows', async () => {
    const { leaf, path, root } = receipt;
    expect(await failuresOf({ ...receipt, leaf: flipped(leaf) })).toEqual(['leaf']);
    expect(await failuresOf({ ...receipt, leaf: ectLeaf('another') })).toEqual(['leaf']);
    expect(await failuresOf({ ...receipt, leafHash: flipped(receipt.leafHash) })).toEqual([
      'leaf',
      'inclusion',
    ]);
    expect(await failuresOf({ ...receipt, index: INDEX + 1 })).toEqual(['inclusion']);
    expect(await failuresOf({ ...receipt, path: path.slice(1) })).toEqual(['inclusion']);
    expect(await failuresOf({ ...receipt, path: path.map(flipped) })).toEqual(['inclusion']);
    expect(await failuresOf({ ...receipt, size: 12 })).toEqual(['checkpoint']);
    expect(await failuresOf({ ...receipt, root: flipped(root) })).toEqual(['inclusion', 'checkpoint']);
    expect(await failuresOf({ ...receipt, origin: 'other.example/log' })).toEqual([
      'checkpoint',
      'origin',
      'signature',
    ]);
  });

  it('refuses a tree that fits the leaf but that the log never signed', async () => {
    const mallory = await makeSigner(ORIGIN);
    expect(await failuresOf(await makeReceipt([mallory]))).toEqual(['signature']);
    const forged = await makeReceipt([{ ...mallory, key: signer.key }]);
    expect(await failuresOf(forged)).toEqual(['signature']);
  });

  it('refuses a checkpoint signed by the key of another known log', async () => {
    const neighbour = await makeSigner('neighbour.example/log');
    expect(await failuresOf(await makeReceipt([neighbour]), [signer.key, neighbour.key])).toEqual([
      'signature',
    ]);
  });

  it('refuses a checkpoint whose text was changed after it was signed', async () => {
    const checkpoint = receipt.checkpoint.replace('\n11\n', '\n12\n');
    expect(await failuresOf({ ...receipt, checkpoint, size: 12 })).toEqual(['signature']);
  });

  it('reports a malformed checkpoint or leaf as what is wrong', async () => {
    expect(await failuresOf({ ...receipt, checkpoint: 'hello' })).toEqual(['checkpoint', 'signature']);
    const leaf = Buffer.from('hello');
    expect(await failuresOf(await makeReceipt([signer], leaf), [signer.key], ECT)).toEqual(['leaf', 'token']);
  });

  it('refuses another token than the one recorded', async () => {
    expect(await failuresOf(receipt, [signer.key], `${ECT}x`)).toEqual(['token']);
    expect(await failuresOf(receipt, [signer.key], '')).toEqual(['token']);
  });

  it('refuses a leaf that stands for no token, when one was given', async () => {
    const trust = encodeLeaf({ kind: 'trust', digest: digestOf(ECT), sizeBytes: 1 });
    const other = await makeReceipt([signer], trust);
    expect(await failuresOf(other)).toEqual([]);
    expect(await failuresOf(other, [signer.key], ECT)).toEqual(['token']);
  });

  it('trusts nobody without keys', async () => {
    expect(await failuresOf(receipt, [])).toEqual(['origin', 'signature']);
  });

  it('lets old receipts stay verifiable after the key was replaced', async () => {
    const next = await makeSigner(ORIGIN);
    expect(await failuresOf(receipt, [signer.key, next.key])).toEqual([]);
    expect(await failuresOf(await makeReceipt([signer, next]), [next.key])).toEqual([]);
  });

  it('passes on a fault of the cryptography instead of blaming the receipt', async () => {
    const broken: LogCrypto = { ...nodeCrypto, sha256: () => Promise.reject(new Error('no device')) };
    await expect(verifyReceipt(receipt, { keys: [] }, broken)).rejects.toThrow('no device');
  });
});

describe('the JSON of a receipt', () => {
  it('has the members of the API and is read back', () => {
    const json = formatReceipt(receipt);
    expect(Object.keys(json)).toEqual([
      'origin',
      'index',
      'tree_size',
      'leaf',
      'leaf_hash',
      'inclusion_path',
      'root_hash',
      'checkpoint',
    ]);
    expect(Buffer.from(json.leaf, 'base64').equals(receipt.leaf)).toBe(true);
    const read = parseReceipt(JSON.parse(JSON.stringify(json)));
    expect(formatReceipt(read)).toEqual(json);
  });

  it('may carry members that nobody knows', () => {
    expect(parseReceipt({ ...formatReceipt(receipt), cosignatures: [] }).index).toBe(INDEX);
  });

  it.each<readonly [string, { readonly [Name in keyof ReceiptJson]?: unknown }]>([
    ['no origin', { origin: undefined }],
    ['an index that is text', { index: '5' }],
    ['a negative index', { index: -1 }],
    ['a size beyond 2^53', { tree_size: 2 ** 53 }],
    ['a leaf in base64url', { leaf: '-_-_' }],
    ['a leaf hash too short', { leaf_hash: 'AAAA' }],
    ['a root that is null', { root_hash: null }],
    ['a path that is no array', { inclusion_path: {} }],
    ['a path with something else in it', { inclusion_path: [1] }],
    ['a path without end', { inclusion_path: Array.from({ length: 54 }, () => 'A'.repeat(43) + '=') }],
    ['a checkpoint that is an object', { checkpoint: {} }],
  ])('is refused with %s', async (_, change) => {
    expect(await wrongFormatOf(() => parseReceipt({ ...formatReceipt(receipt), ...change }))).toBe('receipt');
  });

  it.each([null, undefined, 'text', 5, [], true])('is not %j', async (json) => {
    expect(await wrongFormatOf(() => parseReceipt(json))).toBe('receipt');
  });
});

describe('a .tlog-proof file', () => {
  it('has the lines of C2SP tlog-proof', () => {
    const path = receipt.path.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
    expect(formatTlogProof(receipt)).toBe(`c2sp.org/tlog-proof@v1\nindex 5\n${path}\n${receipt.checkpoint}`);
  });

  it('proves, together with the leaf, what the receipt proves', async () => {
    const proof = parseTlogProof(formatTlogProof(receipt));
    const same = await receiptOfProof(proof, receipt.leaf, nodeCrypto.sha256);
    expect(formatReceipt(same)).toEqual(formatReceipt(receipt));
    expect(await failuresOf(same, [signer.key], ECT)).toEqual([]);
    const other = await receiptOfProof(proof, ectLeaf('another'), nodeCrypto.sha256);
    expect(await failuresOf(other)).toEqual(['inclusion']);
  });

  it('may have an empty path', () => {
    const proof = { index: 0, path: [], checkpoint: receipt.checkpoint };
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
  });

  it('may carry extra data, which is not believed', () => {
    const text = formatTlogProof(receipt).replace('\nindex', '\nextra aGVsbG8=\nindex');
    expect(parseTlogProof(text)).toEqual(parseTlogProof(formatTlogProof(receipt)));
  });

  it.each<readonly [string, (text: string) => string]>([
    ['nothing', () => ''],
    ['no checkpoint', (text) => text.slice(0, text.indexOf('\n\n'))],
    ['another version', (text) => text.replace('@v1', '@v2')],
    ['no index', (text) => text.replace('index 5\n', '')],
    ['an index with a leading zero', (text) => text.replace('index 5', 'index 05')],
    ['extra data that is not base64', (text) => text.replace('index', 'extra ?\nindex')],
    ['extra data after the index', (text) => text.replace('index 5', 'index 5\nextra aGVsbG8=')],
    ['a hash too short', (text) => text.replace('index 5', 'index 5\nAAAA')],
    [
      'a path without end',
      (text) => text.replace('index 5', `index 5${`\n${'A'.repeat(43)}=`.repeat(1000)}`),
    ],
    ['Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
  ])('is refused with %s', async (_, change) => {
    expect(await wrongFormatOf(() => parseTlogProof(change(formatTlogProof(receipt))))).toBe('tlog-proof');
  });
});
