import type { Command } from 'commander';
import { decodeLeaf } from '../../domain/log/leaf.js';
import { LogFormatError } from '../../domain/log/log-format-error.js';
import { nodeCrypto } from '../../domain/log/node-crypto.js';
import type { Receipt } from '../../domain/log/receipt.js';
import { type ReceiptStep, verifyReceipt } from '../../domain/log/verify-receipt.js';
import type { JsonObject } from '../../domain/entry.js';
import { EXIT } from '../failure.js';
import { collect, examples, flowing, jsonOption } from '../options.js';
import { readInput, readLeaf, readReceipt } from '../receipt-input.js';
import type { Shell } from '../shell.js';
import { type Style, styled } from '../terminal.js';
import { type VkeyOptions, readVkeys } from '../vkeys.js';

interface ReceiptOptions extends VkeyOptions {
  readonly ect?: string;
  readonly leaf?: string;
  readonly json?: true;
}

/** A check of this command: those of the receipt, and whether a reply's own words are those of its leaf. */
type Step = Omit<ReceiptStep, 'name'> & { readonly name: ReceiptStep['name'] | 'format' | 'reply' };

const DESCRIPTION = flowing(`
Verify a receipt offline, with nothing but the log's public key.

Takes a receipt, a whole reply to a recording (then its token and its other members are compared with the
leaf as well) or a .tlog-proof file together with --leaf. Exit code 0: genuine; 1: not; 2: it could not run.`);

const MARKS: Readonly<Record<ReceiptStep['outcome'], { readonly mark: string; readonly style: Style }>> = {
  passed: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: 'red' },
  skipped: { mark: '–', style: 'dim' },
};

export function addVerifyReceipt(verify: Command, shell: Shell): void {
  verify
    .command('receipt')
    .summary('verify a receipt offline')
    .description(DESCRIPTION)
    .argument('<file>', 'a receipt, a recording reply or a .tlog-proof; "-" for standard input')
    .option('--vkey <vkey>', "the log's public key; may be given several times", collect(String))
    .option('--vkey-file <file>', 'a file with a vkey per line, or a saved /.well-known/jwks.json')
    .option('--ect <file>', 'the token that the receipt should be for')
    .option('--leaf <file>', 'the leaf of a .tlog-proof: its bytes, or a saved /log/entries/<index>')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'ect-ledger verify receipt receipt.json --vkey "$VKEY"',
        'ect-ledger verify receipt receipt.json --ect task.jwt --vkey-file log.vkey',
        'ect-ledger verify receipt proof.tlog-proof --leaf leaf.json --vkey "$VKEY"',
      ),
    )
    .action((path: string, options: ReceiptOptions) => run(path, options, shell));
}

async function run(path: string, options: ReceiptOptions, shell: Shell): Promise<void> {
  const { receipt, steps } = await check(path, options, shell);
  const isGenuine = steps.every(({ outcome }) => outcome !== 'failed');
  if (!isGenuine) shell.exitCode = EXIT.someRejected;
  if (options.json) {
    const place = receipt && { origin: receipt.origin, index: receipt.index, tree_size: receipt.size };
    return shell.terminal.printJson({ genuine: isGenuine, ...place, steps });
  }
  for (const step of steps) await printStep(step, shell);
  const words = isGenuine && receipt ? ['genuine: ', ...wordsOf(receipt)] : ['NOT genuine'];
  await shell.terminal.print(styled(isGenuine ? 'green' : 'red', words.join('')));
}

async function check(
  path: string,
  options: ReceiptOptions,
  shell: Shell,
): Promise<{ readonly receipt?: Receipt; readonly steps: readonly Step[] }> {
  const keys = await readVkeys(options);
  const text = (await readInput(path, shell)).toString('utf8');
  const leaf = options.leaf === undefined ? undefined : readLeaf(await readInput(options.leaf, shell));
  const given = options.ect && (await readInput(options.ect, shell)).toString('utf8').trim();
  try {
    const { receipt, reply } = await readReceipt(text, leaf);
    const own = typeof reply?.['ect'] === 'string' ? reply['ect'] : undefined;
    const { steps } = await verifyReceipt(receipt, { keys, ect: given ?? own }, nodeCrypto);
    return { receipt, steps: reply ? [...steps, replyStep(reply, receipt, given)] : steps };
  } catch (error) {
    if (!(error instanceof LogFormatError)) throw error;
    return { steps: [{ name: 'format', outcome: 'failed', detail: error.message }] };
  }
}

/** The ledger's words around the receipt are not signed: only as far as they repeat the leaf can they be relied on. */
function replyStep(reply: JsonObject, receipt: Receipt, given: string | undefined): Step {
  const said = { ect: given ?? reply['ect'], ...receiptWords(receipt) };
  const differing = Object.entries(said).filter(([name, value]) => name in reply && reply[name] !== value);
  const wrong = differing.map(([name]) => name).join(', ');
  const compared = Object.keys(said).filter((name) => name in reply);
  return wrong === ''
    ? { name: 'reply', outcome: 'passed', detail: `the leaf says the same of ${compared.join(', ')}` }
    : { name: 'reply', outcome: 'failed', detail: `the reply says otherwise than its receipt: ${wrong}` };
}

function receiptWords({ index, leaf }: Receipt): JsonObject {
  try {
    const record = decodeLeaf(leaf);
    if (record.kind !== 'ect') return { index };
    const { jti, jkt, recordedAtMs } = record;
    const time = new Date(recordedAtMs);
    // A leaf may hold a number that is no time.
    return { index, jti, jkt, recorded_at: Number.isNaN(time.getTime()) ? undefined : time.toISOString() };
  } catch {
    return { index }; // the step "leaf" has said so
  }
}

function wordsOf(receipt: Receipt): string[] {
  const { jti, recorded_at: recordedAt } = receiptWords(receipt);
  const task = typeof jti === 'string' ? `, task ${jti}` : '';
  const time = typeof recordedAt === 'string' ? `, recorded at ${recordedAt}` : '';
  return [`#${receipt.index} in the log "${receipt.origin}" of ${receipt.size} leaves`, task, time];
}

async function printStep({ name, outcome, detail }: Step, { terminal }: Shell): Promise<void> {
  const { mark, style } = MARKS[outcome];
  await terminal.print(
    styled(style, mark),
    ` ${name.padEnd(10)} `,
    styled(outcome === 'skipped' ? 'dim' : style, detail),
  );
}
