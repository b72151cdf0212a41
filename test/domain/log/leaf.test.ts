import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Leaf, decodeLeaf, encodeLeaf } from '../../../src/domain/log/leaf.js';
import { wrongFormatOf } from './log-format.js';

const DIGEST = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
const THUMBPRINT = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const JTI = '550e8400-e29b-41d4-a716-446655440001';
const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';

const EXAMPLES: readonly (readonly [Leaf, string])[] = [
  [
    { kind: 'ect', jti: JTI, digest: DIGEST, jkt: THUMBPRINT, recordedAtMs: 1_795_571_400_123 },
    `ect-ledger/leaf@v1\nect\n${JTI}\n${DIGEST}\n${THUMBPRINT}\n1795571400123\n`,
  ],
  [
    { kind: 'genesis', origin: 'example.com/foo', vkey: VKEY },
    `ect-ledger/leaf@v1\ngenesis\nexample.com/foo\n${VKEY}\n`,
  ],
  [{ kind: 'trust', digest: DIGEST, sizeBytes: 4711 }, `ect-ledger/leaf@v1\ntrust\n${DIGEST}\n4711\n`],
  [
    { kind: 'erasure', index: 41, reason: 'data-subject', requestDigest: DIGEST },
    `ect-ledger/leaf@v1\nerasure\n41\ndata-subject\n${DIGEST}\n`,
  ],
];
const ECT_TEXT = EXAMPLES[0]?.[1] ?? '';

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    kind: fc.constant('ect' as const),
    jti: fc.uuid(),
    digest,
    jkt: digest,
    recordedAtMs: fc.maxSafeNat(),
  }),
  fc.record({ kind: fc.constant('trust' as const), digest, sizeBytes: fc.maxSafeNat() }),
  fc.record({
    kind: fc.constant('erasure' as const),
    index: fc.maxSafeNat(),
    reason: fc.stringMatching(/^[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,2}$/),
    requestDigest: digest,
  }),
);

describe('a leaf', () => {
  it.each(EXAMPLES)('%j has the bytes of the specification', (value, text) => {
    expect(Buffer.from(encodeLeaf(value)).toString()).toBe(text);
    expect(decodeLeaf(Buffer.from(text))).toEqual(value);
  });

  it('is read back, whatever it says', () => {
    fc.assert(fc.property(leaf, (value) => expect(decodeLeaf(encodeLeaf(value))).toEqual(value)));
  });

  it('may have an origin beyond ASCII', () => {
    const value: Leaf = {
      kind: 'genesis',
      origin: 'müller.example/log',
      vkey: VKEY.replace('example.com/foo', 'müller.example/log'),
    };
    expect(decodeLeaf(encodeLeaf(value))).toEqual(value);
  });
});

describe('encodeLeaf', () => {
  it.each<readonly [string, Leaf]>([
    [
      'a jti in upper case',
      { kind: 'ect', jti: JTI.toUpperCase(), digest: DIGEST, jkt: DIGEST, recordedAtMs: 0 },
    ],
    ['a line break in a value', { kind: 'genesis', origin: 'a\nb', vkey: `a\nb+530d903a+${VKEY.slice(25)}` }],
    ['half a millisecond', { kind: 'ect', jti: JTI, digest: DIGEST, jkt: DIGEST, recordedAtMs: 0.5 }],
    ['a negative index', { kind: 'erasure', index: -1, reason: 'x', requestDigest: DIGEST }],
    ['a size beyond 2^53', { kind: 'trust', digest: DIGEST, sizeBytes: 2 ** 53 }],
    ['a hash with padding', { kind: 'trust', digest: `${DIGEST}=`, sizeBytes: 1 }],
    ['an empty reason', { kind: 'erasure', index: 1, reason: '', requestDigest: DIGEST }],
    ['a reason in prose', { kind: 'erasure', index: 1, reason: 'because of Mr. X', requestDigest: DIGEST }],
    ['a reason without end', { kind: 'erasure', index: 1, reason: 'x'.repeat(65), requestDigest: DIGEST }],
    [
      'a key of another type',
      { kind: 'genesis', origin: 'example.com/foo', vkey: VKEY.replace('+Aek', '+Bek') },
    ],
    ['a key too short', { kind: 'genesis', origin: 'example.com/foo', vkey: VKEY.slice(0, -4) }],
    ['a key of another log', { kind: 'genesis', origin: 'example.com/bar', vkey: VKEY }],
    [
      'an origin that no bundle could hold',
      { kind: 'genesis', origin: 'o'.repeat(40_000), vkey: `${'o'.repeat(40_000)}${VKEY.slice(15)}` },
    ],
  ])('refuses %s', async (_, value) => {
    expect(await wrongFormatOf(() => encodeLeaf(value))).toBe('leaf');
  });
});

describe('decodeLeaf', () => {
  it.each([
    ['nothing', ''],
    ['another version', ECT_TEXT.replace('@v1', '@v2')],
    ['an unknown kind', ECT_TEXT.replace('\nect\n', '\nexit\n')],
    ['a kind that every object has', ECT_TEXT.replace('\nect\n', '\nconstructor\n')],
    ['no kind', 'ect-ledger/leaf@v1\n'],
    ['no newline at the end', ECT_TEXT.slice(0, -1)],
    ['an empty line more', `${ECT_TEXT}\n`],
    ['a line more', `${ECT_TEXT}x\n`],
    ['a line less', ECT_TEXT.replace(/[0-9]+\n$/, '')],
    ['Windows line ends', ECT_TEXT.replaceAll('\n', '\r\n')],
    ['a space after a line', ECT_TEXT.replace('ect\n', 'ect \n')],
    ['a byte order mark', `\ufeff${ECT_TEXT}`],
    ['a leading zero', ECT_TEXT.replace('1795', '01795')],
    ['a plus sign', ECT_TEXT.replace('1795', '+1795')],
    ['an exponent', ECT_TEXT.replace('1795571400123', '1e12')],
    ['a hash whose last bits are not zero', ECT_TEXT.replace('SuFU', 'SuFV')],
    ['a hash too short', ECT_TEXT.replace('SuFU', 'SuF')],
    ['a hash in standard base64', ECT_TEXT.replace('-_', '+/')],
  ])('refuses %s', async (_, text) => {
    expect(await wrongFormatOf(() => decodeLeaf(Buffer.from(text)))).toBe('leaf');
  });

  it('refuses bytes that are not UTF-8', async () => {
    expect(await wrongFormatOf(() => decodeLeaf(Buffer.from([...Buffer.from(ECT_TEXT), 0xff, 0x0a])))).toBe(
      'leaf',
    );
  });

  it('reads no leaf that it would write differently', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...'\n 0aA=-+\r'));
    fc.assert(
      fc.property(fc.constantFrom(...EXAMPLES), change, ([, text], [where, cut, added]) => {
        const at = where % text.length;
        const bytes = Buffer.from(text.slice(0, at) + added + text.slice(at + cut));
        let value: Leaf;
        try {
          value = decodeLeaf(bytes);
        } catch {
          return;
        }
        expect(Buffer.from(encodeLeaf(value)).equals(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
