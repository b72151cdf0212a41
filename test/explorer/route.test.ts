import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRoute, parseRoute } from '../../explorer/src/route.js';

const WID = '6f1c2a4e-0b7d-4b7a-9d2e-3c5f8a9b0c1d';

describe('an address', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (query) => {
        const route = { place: { page: 'workflow', wid: WID } as const, query };
        expect(parseRoute(formatRoute(route))).toEqual(route);
      }),
    );
  });

  test.each(['#/workflows/x', '#/tasks/', '#/tasks/../x', `#/workflows/${WID}/more`, '#/nowhere'])(
    '%s leads nowhere',
    (hash) => {
      expect(parseRoute(hash).place.page).toBe('nowhere');
    },
  );

  test.each(['', '#', '#/', '#/workflows'])('%s is the list', (hash) => {
    expect(parseRoute(hash).place.page).toBe('workflows');
  });

  test('never throws, whatever somebody wrote', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(typeof parseRoute(hash).place.page).toBe('string');
      }),
    );
  });
});
