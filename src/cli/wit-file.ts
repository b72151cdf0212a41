import { claimOf } from '../domain/ect/claim-of.js';
import { Failure } from './failure.js';
import type { Shell } from './shell.js';
import { findTokens } from './token-lines.js';
import { findSources } from './token-sources.js';

/** Workload Identity Tokens by their subject. */
export type Wits = ReadonlyMap<unknown, string>;

/**
 * Reads a file with a Workload Identity Token per line.
 *
 * @throws Failure when the file can't be read, or a line is no token with a subject of its own
 */
export async function readWits(file: string | undefined, shell: Shell): Promise<Wits> {
  const wits = new Map<unknown, string>();
  for (const { name, open } of file === undefined ? [] : await findSources([file], shell)) {
    for await (const found of findTokens(open())) {
      const wit = 'ect' in found ? found.ect : '';
      const subject = claimOf(wit, 'sub');
      const place = `${name}:${found.line}`;
      if (typeof subject !== 'string') throw new Failure(`${place} is no Workload Identity Token`);
      if (wits.has(subject))
        throw new Failure(`${place} is the second token of ${subject}`, 'keep the one that is valid');
      wits.set(subject, wit);
    }
  }
  return wits;
}
