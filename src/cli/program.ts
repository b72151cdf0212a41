import { Command } from 'commander';
import { addAncestry } from './commands/ancestry.js';
import { addDatabase } from './commands/database.js';
import { addDemo } from './commands/demo.js';
import { addExport } from './commands/export.js';
import { addGet } from './commands/get.js';
import { addKeygen } from './commands/keygen.js';
import { addKeys } from './commands/keys.js';
import { addRecord } from './commands/record.js';
import { addSign } from './commands/sign.js';
import { addTail } from './commands/tail.js';
import { addToken } from './commands/token.js';
import { addTrust } from './commands/trust.js';
import { addVerify } from './commands/verify.js';
import { addWorkflows } from './commands/workflows.js';
import { examples, flowing } from './options.js';
import type { Shell } from './shell.js';

const DESCRIPTION = flowing(`
Record what AI agents did as signed Execution Context Tokens, and trace it.

The commands talk to a running ledger (npm start) at --url or ECT_LEDGER_URL.`);

const EXIT_CODES = `Exit codes:
  0  done
  1  record: some tokens were rejected; verify: something is not what it should be;
     export: only a part was written
  2  it could not run; standard error says why and what to do (with DEBUG=1 also where)
`;

/** The `ect-ledger` command with all its subcommands; parsing errors are thrown as `CommanderError`. */
export function buildProgram(shell: Shell): Command {
  const program = new Command('ect-ledger')
    .description(DESCRIPTION)
    // `verify` has options of its own, and its subcommands some of the same names.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void printAll(text, (line) => shell.terminal.print(line)),
      writeErr: (text) => void printAll(text, (line) => shell.terminal.note(line)),
    })
    .showHelpAfterError('(ect-ledger --help, or --help after a command, shows what it takes)')
    .addHelpText(
      'after',
      examples(
        'ect-ledger demo',
        'ect-ledger keygen --iss spiffe://example.com/agent/build',
        'ect-ledger ancestry <jti>',
        'ect-ledger verify receipt receipt.json --vkey "$VKEY"',
      ),
    )
    .addHelpText('after', EXIT_CODES);
  for (const add of [
    addDemo,
    addKeygen,
    addTrust,
    addToken,
    addSign,
    addRecord,
    addGet,
    addAncestry,
    addWorkflows,
    addKeys,
    addExport,
    addTail,
    addVerify,
    addDatabase,
  ]) {
    add(program, shell);
  }
  return program;
}

async function printAll(text: string, print: (line: string) => Promise<void>): Promise<void> {
  await Promise.all(text.replace(/\n$/, '').split('\n').map(print));
}
