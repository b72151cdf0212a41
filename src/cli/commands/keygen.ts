import type { Command } from 'commander';
import { createKeyFile, defaultKid, keyPath } from '../key-file.js';
import { examples, flowing } from '../options.js';
import type { Shell } from '../shell.js';

interface KeygenOptions {
  readonly iss: string;
  readonly kid?: string;
  readonly out: string;
}

const DESCRIPTION = flowing(`
Make a P-256 key for an agent.

The private key goes to a file that only you can read and that is never overwritten; the public key is
printed, to be given to whoever runs the ledger.`);

export function addKeygen(program: Command, shell: Shell): void {
  program
    .command('keygen')
    .summary("make an agent's signing key")
    .description(DESCRIPTION)
    .requiredOption(
      '--iss <uri>',
      'the agent that the key belongs to, such as spiffe://example.com/agent/build',
    )
    .option('--kid <kid>', "the key's name (default: the last part of the agent's name and -key)")
    .option('--out <path>', 'folder or file for the private key', 'keys')
    .addHelpText(
      'after',
      examples(
        'ect-ledger keygen --iss spiffe://example.com/agent/build',
        'ect-ledger keygen --iss spiffe://example.com/agent/build --out build.private.json > build.public.json',
      ),
    )
    .action((options: KeygenOptions) => keygen(options, shell));
}

async function keygen({ iss, kid = defaultKid(iss), out }: KeygenOptions, shell: Shell): Promise<void> {
  const path = await keyPath(out, kid);
  const publicJwk = await createKeyFile(path, iss, kid);
  await shell.terminal.note(`The private key is in ${path}; keep it to yourself. The public key:`);
  await shell.terminal.printJson(publicJwk);
  await shell.terminal.note(
    'What next: have the ledger trust it, then sign what the agent does and record it.',
  );
  await shell.terminal.note(`  ect-ledger trust add --iss ${iss} ${path}`);
  await shell.terminal.note(`  ect-ledger sign --key ${path} --act <what was done> | ect-ledger record`);
}
