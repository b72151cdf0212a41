import type { Terminal } from './terminal.js';

/** Everything outside that a command uses, passed in so that tests can stand in for it. */
export interface Shell {
  /** Without empty variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean | undefined };
  readonly terminal: Terminal;
  /** Aborts from now on when the user has had enough: Ctrl-C, or nobody reads the output any more. */
  readonly interruption: () => AbortSignal;
  /** What the process ends with; a command that could do only a part of its job sets it. */
  exitCode: number;
}
