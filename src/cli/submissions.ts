/** One token on its way to the ledger and where it came from. */
export interface Submission {
  readonly source: string;
  readonly line: number;
  readonly ect: string;
  /** The Workload Identity Token that goes with it. */
  readonly wit?: string | undefined;
}

/** UTF-16 units that a token takes on its way. */
export function sizeOf({ ect, wit = '' }: Submission): number {
  return ect.length + wit.length;
}

/** The ledger takes at most 1000 tokens in a batch (`http-api.md`). */
const MAX_BATCH = 1000;

/** UTF-16 units of a batch: a quarter of what the ledger takes (32 MiB), so that escaping and other limits on the way do not matter. */
const MAX_BATCH_CHARS = 8 * 1_048_576;

/** Groups tokens into batches the ledger takes, in order; only one batch is in memory. */
export async function* inBatches(
  submissions: AsyncIterable<Submission> | Iterable<Submission>,
): AsyncGenerator<readonly Submission[]> {
  let batch: Submission[] = [];
  let chars = 0;
  for await (const submission of submissions) {
    const isFull = batch.length === MAX_BATCH || chars + sizeOf(submission) > MAX_BATCH_CHARS;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      chars = 0;
    }
    batch.push(submission);
    chars += sizeOf(submission);
  }
  if (batch.length > 0) yield batch;
}
