import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEntryBundle, encodeEntryBundle } from '../../../src/domain/log/entry-bundle.js';
import { LogFormatError } from '../../../src/domain/log/log-format-error.js';

describe('an entry bundle', () => {
  it('has a big-endian uint16 length before each leaf', () => {
    const bundle = encodeEntryBundle([Buffer.from('ab'), new Uint8Array(), new Uint8Array(258).fill(1)]);
    expect(Buffer.from(bundle).toString('hex')).toBe(`0002616200000102${'01'.repeat(258)}`);
  });

  it('is read back, whatever the leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 256 }), (leaves) => {
        expect(decodeEntryBundle(encodeEntryBundle(leaves)).map((leaf) => Uint8Array.from(leaf))).toEqual(
          leaves,
        );
      }),
    );
  });

  it('is read from the middle of a buffer too', () => {
    const shifted = Buffer.from([9, 9, 0, 1, 7]).subarray(2);
    expect(decodeEntryBundle(shifted).map((leaf) => [...leaf])).toEqual([[7]]);
  });

  it('holds the largest leaf there can be and refuses a larger one', () => {
    expect(encodeEntryBundle([new Uint8Array(65_535)]).length).toBe(65_537);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });

  it.each([
    ['a length', [0]],
    ['a length after a leaf', [0, 1, 7, 0]],
    ['a leaf', [0, 2, 7]],
    ['an announced leaf', [255, 255]],
  ])('is refused when it ends within %s', (_, bytes) => {
    expect(() => decodeEntryBundle(Uint8Array.from(bytes))).toThrow(LogFormatError);
  });
});
