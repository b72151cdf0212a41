import { describe, expect, test } from '@jest/globals';
import type { TaskNode } from '../../explorer/src/api/wire.js';
import { taskCsv } from '../../explorer/src/export/csv.js';
import { taskGraph } from '../../explorer/src/graph/task-graph.js';

const task = (act: string): TaskNode => ({
  jti: '00000000-0000-4000-8000-000000000001',
  index: 1,
  iss: 'spiffe://example.com/a',
  exec_act: act,
  iat: 1,
  recorded_at: '2026-11-23T02:00:00.123Z',
  parents: [],
});

const cellOf = (act: string): string | undefined => {
  const [, row = ''] = taskCsv(taskGraph([task(act)])).split('\r\n');
  return /^1,[0-9a-f-]{36},(.*),spiffe:/.exec(row)?.[1];
};

describe('the table as CSV', () => {
  test.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['|calc', `"'|calc"`],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['plain', 'plain'],
    ['a=b', 'a=b'],
  ])('%s becomes %s, which no spreadsheet computes', (act, cell) => {
    expect(cellOf(act)).toBe(cell);
  });
});
