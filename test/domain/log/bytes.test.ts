import { describe, expect, it } from '@jest/globals';
import { decodeUtf8, equalBytes } from '../../../src/domain/log/bytes.js';

describe('equalBytes', () => {
  it.each([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1, 2], [1, 3], false],
    [[1, 2], [1, 2, 3], false],
    [[1, 2, 3], [1, 2], false],
  ])('of %j and %j is %s', (a, b, isEqual) => {
    expect(equalBytes(Uint8Array.from(a), Buffer.from(b))).toBe(isEqual);
  });
});

describe('decodeUtf8', () => {
  it('keeps a byte order mark', () => {
    expect(decodeUtf8(Buffer.from('\ufeffa\u20ac'))).toBe('\ufeffa\u20ac');
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])('refuses %j', (bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });
});
