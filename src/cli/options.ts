import { InvalidArgumentError, Option } from 'commander';
import type { Shell } from './shell.js';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** The text form of RFC 9562 §4; checked here because it becomes a part of a path. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function urlOption({ env }: Shell): Option {
  return new Option('--url <url>', 'address of the ledger; ECT_LEDGER_URL sets it too').default(
    env['ECT_LEDGER_URL'] ?? DEFAULT_URL,
  );
}

export function jsonOption(help = 'print the answer as JSON'): Option {
  return new Option('--json', help);
}

export function uuid(text: string): string {
  if (UUID.test(text)) return text;
  throw new InvalidArgumentError('It must be a UUID.');
}

/** A workflow to choose by, or `none` for the task without one. */
export function workflowChoice(text: string): string {
  return text === 'none' ? text : uuid(text);
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** For an option that may be given several times. */
export function collect(
  parse: (text: string) => string,
): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => [...before, parse(text)];
}

/** Text as it stands in the source, its single line breaks gone: the help wraps it to the terminal's width. */
export function flowing(text: string): string {
  return text.trim().replace(/(?<!\n)\n(?!\n)/g, ' ');
}

/** The examples of a command, as they end its help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}
