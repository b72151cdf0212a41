import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatCheckpoint,
  parseCheckpoint,
  parseSignedCheckpoint,
  signCheckpoint,
} from '../../../src/domain/log/checkpoint.js';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import { signNote, verifyNote } from '../../../src/domain/log/note.js';
import { EMPTY_ROOT } from '../../../src/domain/log/tree-hash.js';
import { wrongFormatOf } from './log-format.js';
import { makeSigner } from './log-key.js';

const ORIGIN = 'ledger.example/log';
const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const TEXT = `${ORIGIN}\n20852163\n${ROOT}\n`;

describe('a checkpoint', () => {
  it('has the three lines of C2SP tlog-checkpoint', () => {
    const checkpoint = parseCheckpoint(TEXT);
    expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 20_852_163 });
    expect(Buffer.from(checkpoint.root).toString('base64')).toBe(ROOT);
    expect(formatCheckpoint(checkpoint)).toBe(TEXT);
  });

  it('is read back, whatever its size and root', () => {
    const root = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.maxSafeNat(), root, (size, hash) => {
        const checkpoint = { origin: ORIGIN, size, root: hash };
        expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
      }),
    );
  });

  it('is a note of its log once signed', async () => {
    const signer = await makeSigner(ORIGIN);
    const signed = await signCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT }, [signer]);
    const { origin, size, root, note } = parseSignedCheckpoint(signed);
    expect({ origin, size, root: Buffer.from(root) }).toEqual({ origin: ORIGIN, size: 0, root: EMPTY_ROOT });
    expect(await verifyNote(note, [signer.key], nodeCrypto)).toBe('verified');
  });
});

describe('parseCheckpoint', () => {
  it.each([
    ['nothing', ''],
    ['an extension line', `${TEXT}extension\n`],
    ['an empty line more', `${TEXT}\n`],
    ['no newline at the end', TEXT.slice(0, -1)],
    ['no root', `${ORIGIN}\n1\n`],
    ['no origin', `\n1\n${ROOT}\n`],
    ['an origin that names no key', `a b\n1\n${ROOT}\n`],
    ['a size with a leading zero', `${ORIGIN}\n01\n${ROOT}\n`],
    ['a negative size', `${ORIGIN}\n-1\n${ROOT}\n`],
    ['a size with a space', `${ORIGIN}\n 1\n${ROOT}\n`],
    ['a size in hexadecimal', `${ORIGIN}\n0x1\n${ROOT}\n`],
    ['a size beyond 2^53', `${ORIGIN}\n9007199254740992\n${ROOT}\n`],
    ['no size', `${ORIGIN}\n\n${ROOT}\n`],
    ['a root too short', `${ORIGIN}\n1\n${ROOT.slice(4)}\n`],
    ['a root in base64url', `${ORIGIN}\n1\n${ROOT.replace('/', '_')}\n`],
    ['a root without padding', `${ORIGIN}\n1\n${ROOT.slice(0, -1)}\n`],
  ])('refuses %s', async (_, text) => {
    expect(await wrongFormatOf(() => parseCheckpoint(text))).toBe('checkpoint');
  });

  it('refuses extension lines behind a right signature too', async () => {
    const signed = await signNote(`${TEXT}extension\n`, [await makeSigner(ORIGIN)]);
    expect(await wrongFormatOf(() => parseSignedCheckpoint(signed))).toBe('checkpoint');
  });
});

describe('formatCheckpoint', () => {
  it.each([
    ['an origin of two lines', { origin: 'a\nb' }],
    ['half a size', { size: 0.5 }],
    ['a root that is none', { root: new Uint8Array(31) }],
  ])('refuses %s', async (_, change) => {
    const checkpoint = { origin: ORIGIN, size: 1, root: EMPTY_ROOT, ...change };
    expect(await wrongFormatOf(() => formatCheckpoint(checkpoint))).toBe('checkpoint');
  });
});
