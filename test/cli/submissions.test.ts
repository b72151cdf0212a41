import { expect, test } from '@jest/globals';
import { type Submission, inBatches } from '../../src/cli/submissions.js';
import { collect } from './captured-shell.js';

function* submissions(count: number, chars: number): Generator<Submission> {
  for (let line = 1; line <= count; line += 1) yield { source: 's', line, ect: 'x'.repeat(chars) };
}

test.each([
  ['nothing', 0, 10, []],
  ['a full batch', 1000, 10, [1000]],
  ['one more', 1001, 10, [1000, 1]],
  ['large tokens', 20, 1_048_576, [8, 8, 4]],
  ['tokens larger than a batch should be', 2, 9_000_000, [1, 1]],
])('groups %s into batches that the ledger takes, in order', async (_, count, chars, sizes) => {
  const batches = await collect(inBatches(submissions(count, chars)));
  expect(batches.map((batch) => batch.length)).toEqual(sizes);
  expect(batches.flat().map(({ line }) => line)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
});
