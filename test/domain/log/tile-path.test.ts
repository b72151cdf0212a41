import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type TileAddress, parseTilePath, tilePath } from '../../../src/domain/log/tile-path.js';

const address: fc.Arbitrary<TileAddress> = fc.record({
  level: fc.oneof(fc.nat({ max: 63 }), fc.constant('entries' as const)),
  index: fc.oneof(fc.maxSafeNat(), fc.nat({ max: 1_000_000 })),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('tilePath', () => {
  it.each([
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 999, width: 255 }, 'tile/1/999.p/255'],
    [{ level: 2, index: 1000, width: 1 }, 'tile/2/x001/000.p/1'],
    [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
    [{ level: 63, index: Number.MAX_SAFE_INTEGER, width: 256 }, 'tile/63/x009/x007/x199/x254/x740/991'],
  ] as const)('of %j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('is read back, whatever the tile', () => {
    fc.assert(fc.property(address, (tile) => expect(parseTilePath(tilePath(tile))).toEqual(tile)));
  });
});

describe('parseTilePath', () => {
  it.each([
    '',
    'tile/0/',
    'tile/0',
    '/tile/0/000',
    'log/tile/0/000',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/x000/x001/000',
    'tile/0/000/000',
    'tile/0/001/234',
    'tile/0/x001',
    'tile/0/x001/x234',
    'tile/0/X001/234',
    'tile/0/x001//234',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/99/000',
    'tile/-1/000',
    'tile/Entries/000',
    'tile/entrie/000',
    'tile/0/000/',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/01',
    'tile/0/000.p/1/',
    'tile/0/000.p/1\n',
    'tile/0/000.p/1000',
    'tile/0/000.p/+1',
    'tile/0/000.P/1',
    'tile/0/\u0660\u0660\u0660',
    'tile/0/../0/000',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
  ])('refuses %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('reads one spelling only', () => {
    const text = fc.string({ unit: fc.constantFrom(...'012x/.p'), maxLength: 24 });
    fc.assert(
      fc.property(text, (rest) => {
        const path = `tile/0/${rest}`;
        const tile = parseTilePath(path);
        if (tile !== undefined) expect(tilePath(tile)).toBe(path);
      }),
      { numRuns: 5000 },
    );
  });
});
