import { CommanderError } from 'commander';
import { LedgerError } from '../domain/errors.js';
import { EXIT, Failure, messageOf } from './failure.js';
import { buildProgram } from './program.js';
import type { Shell } from './shell.js';
import { styled } from './terminal.js';

/** Runs one command line, without the program's name, and says what went wrong. @returns the exit code */
export async function run(args: readonly string[], shell: Shell): Promise<number> {
  try {
    await buildProgram(shell).parseAsync([...args], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    // Commander has said it already; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.couldNotRun;
    await explain(error, shell);
    return EXIT.couldNotRun;
  }
}

async function explain(error: unknown, { env, terminal }: Shell): Promise<void> {
  const { message, wayOut } = describe(error);
  await terminal.note(styled('red', 'ect-ledger: '), message);
  if (wayOut !== undefined) await terminal.note(`  ${wayOut}`);
  if (env['DEBUG'] && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) await terminal.note(styled('dim', line));
  }
}

function describe(error: unknown): { message: string; wayOut?: string | undefined } {
  if (error instanceof Failure) return error;
  if (error instanceof LedgerError) {
    const faults = (error.extras.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`);
    return { message: `${error.code}: ${error.message}`, wayOut: faults.join('; ') || undefined };
  }
  const message = messageOf(error);
  return { message: `this should not happen: ${message}`, wayOut: 'DEBUG=1 shows where; please report it' };
}
