import { Readable } from 'node:stream';
import { run } from '../../src/cli/run.js';
import { type Sink, Terminal } from '../../src/cli/terminal.js';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line within the test's process. */
export async function runCommand(
  args: readonly string[],
  input = '',
  interruption: AbortSignal = new AbortController().signal,
): Promise<Ended> {
  const [out, err] = [new TextSink(), new TextSink()];
  const terminal = new Terminal(out, err, false);
  const code = await run(args, {
    env: {},
    stdin: Readable.from([Buffer.from(input)]),
    terminal,
    interruption: () => interruption,
    exitCode: 0,
  });
  return { code, out: out.text, err: err.text };
}

class TextSink implements Sink {
  text = '';

  write(text: string, done: () => void): void {
    this.text += text;
    done();
  }
}
