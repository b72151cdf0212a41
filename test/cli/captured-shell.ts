import { run } from '../../src/cli/run.js';
import { Terminal } from '../../src/cli/terminal.js';

export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly isTTY?: boolean;
}

/** Runs one command line in this process and keeps what it printed. */
export async function runCommand(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<Captured> {
  const { env = {}, stdin = '', isTTY = false } = surroundings;
  const out: string[] = [];
  const err: string[] = [];
  const terminal = new Terminal(capture(out, isTTY), capture(err, isTTY), true);
  const input = Object.assign(bytesOf(stdin), { isTTY });
  const code = await run(args, {
    env,
    stdin: input,
    terminal,
    interruption: () => new AbortController().signal,
    exitCode: 0,
  });
  return { code, out: out.join(''), err: err.join('') };
}

export async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    await Promise.resolve();
    yield Buffer.from(text);
  }
}

function capture(
  written: string[],
  isTTY: boolean,
): { isTTY: boolean; write: (text: string, done: () => void) => void } {
  const write = (text: string, done: () => void): void => {
    written.push(text);
    done();
  };
  return { isTTY, write };
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}
