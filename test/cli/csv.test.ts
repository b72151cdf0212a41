import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvLines } from '../../src/cli/csv.js';
import type { NodeReply } from '../../src/cli/replies.js';
import { hostileText } from '../support/task-graph.js';

const NODE: NodeReply = {
  jti: '00000000-0000-4000-8000-000000000001',
  index: 3,
  iss: 'spiffe://example.com/a',
  exec_act: 'review',
  iat: 1_772_064_150,
  recorded_at: '2026-02-26T00:02:31.123Z',
  parents: ['p1', 'p2'],
};

describe('CSV', () => {
  test('has a line of names and a line per task', () => {
    expect(csvLines([{ ...NODE, pol_decision: 'approved', depth: 2, key_status: 'revoked' }, NODE])).toEqual([
      'index,jti,iss,exec_act,pol_decision,iat,recorded_at,key_status,depth,parents',
      `3,${NODE.jti},${NODE.iss},review,approved,1772064150,2026-02-26T00:02:31.123Z,revoked,2,p1 p2`,
      `3,${NODE.jti},${NODE.iss},review,,1772064150,2026-02-26T00:02:31.123Z,,,p1 p2`,
    ]);
  });

  test.each([
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\\u{9}=1"],
    ['a,b\r\nc', '"a,b\\u{d}\\u{a}c"'],
    ['say "x"', '"say ""x"""'],
  ])('writes %j as %s', (text, cell) => {
    expect(csvLines([{ ...NODE, exec_act: text }])[1]).toContain(`,${cell},`);
  });

  test('never lets a cell begin a formula or break its line, whatever it says', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const [, line = ''] = csvLines([{ ...NODE, exec_act: text }]);
        const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
          ([, quoted, plain]) => quoted ?? plain ?? '',
        );
        expect(cells).toHaveLength(10);
        expect(cells[3]).not.toMatch(/^[=+\-@]/);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
