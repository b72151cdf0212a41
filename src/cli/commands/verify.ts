import type { Command } from 'commander';
import type { Shell } from '../shell.js';
import { addVerifyDeep } from './verify-deep.js';
import { addVerifyLog } from './verify-log.js';
import { addVerifyReceipt } from './verify-receipt.js';

/** @returns the command, so that checks of other things can join it as options of its own */
export function addVerify(program: Command, shell: Shell): Command {
  const verify = program
    .command('verify')
    .summary('verify receipts, a log from outside, or the database')
    .description('Verify what a ledger says, without believing it.');
  addVerifyReceipt(verify, shell);
  addVerifyLog(verify, shell);
  addVerifyDeep(verify, shell);
  return verify;
}
