import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isJsonObject } from '../../domain/strict-json.js';
import {
  type EctDraft,
  type JsonObject,
  type PolicyDecision,
  type ProfileName,
  signEct,
} from '../../index.js';
import { fileFailure } from '../failure.js';
import { readAgentKey } from '../key-file.js';
import { collect, DEFAULT_URL, examples, flowing, uuid, whole } from '../options.js';
import type { Shell } from '../shell.js';

interface SignOptions {
  readonly key: string;
  readonly act: string;
  readonly iss?: string;
  readonly kid?: string;
  readonly aud?: readonly string[];
  readonly wid?: string;
  readonly jti?: string;
  readonly parent?: readonly string[];
  readonly pol?: string;
  readonly polDecision?: PolicyDecision;
  readonly polEnforcer?: string;
  readonly inpHash?: string;
  readonly inpFile?: string;
  readonly outHash?: string;
  readonly outFile?: string;
  readonly ext?: JsonObject;
  readonly profile: ProfileName;
  readonly expiresIn: number;
}

const DESCRIPTION = flowing(`
Sign what an agent did as an Execution Context Token and print it.

The token is checked by the same rules as in the ledger before it is signed. A task that follows from others
names them with --parent.`);

export function addSign(program: Command, shell: Shell): void {
  const command = program.command('sign').summary('sign a finished task as a token').description(DESCRIPTION);
  command
    .requiredOption('--key <file>', 'private key, as keygen writes it')
    .requiredOption('--act <exec_act>', 'what was done, such as review_spec')
    .option('--iss <uri>', 'the agent, when the key file does not say')
    .option('--kid <kid>', "the key's name, when the key file does not say");
  addClaimOptions(command);
  command
    .addOption(
      new Option('--profile <name>', 'claim names of which draft')
        .choices(['wimse-exec', 'exec'])
        .default('wimse-exec'),
    )
    .option('--expires-in <seconds>', 'life of the token', whole(1, 31_536_000), 600)
    .addHelpText(
      'after',
      examples(
        'ect-ledger sign --key keys/reviewer-key.private.json --act review_spec --pol spec_policy --pol-decision approved',
        'ect-ledger sign --key keys/build-key.private.json --act build --parent <jti> --out-file app.tar | ect-ledger record',
      ),
    )
    .action((options: SignOptions) => sign(options, shell));
}

function addClaimOptions(command: Command): void {
  const decisions = ['approved', 'rejected', 'pending_human_review'];
  const audienceHelp =
    'who should verify it, the ledger included; repeatable (default: LEDGER_ID, else the address of the ledger)';
  command
    .option('--aud <aud>', audienceHelp, collect(String))
    .option('--wid <uuid>', 'the workflow it belongs to', uuid)
    .option('--jti <uuid>', 'the name of the task (default: a new one)', uuid)
    .option('--parent <jti>', 'a task that this one follows from; repeatable', collect(uuid))
    .option('--pol <policy>', 'the policy that was applied; with --pol-decision')
    .addOption(new Option('--pol-decision <decision>', 'what the policy said').choices(decisions))
    .option('--pol-enforcer <uri>', 'who applied the policy')
    .addOption(new Option('--inp-hash <hash>', 'hash of the input').conflicts('inpFile'))
    .option('--inp-file <file>', 'the input, to be hashed (SHA-256)')
    .addOption(new Option('--out-hash <hash>', 'hash of the output').conflicts('outFile'))
    .option('--out-file <file>', 'the output, to be hashed (SHA-256)')
    .option('--ext <json>', 'further claims as a JSON object', parseExtension);
}

async function sign(options: SignOptions, shell: Shell): Promise<void> {
  const { iss, key } = await readAgentKey(options.key, options);
  const audience = [shell.env['LEDGER_ID'] ?? shell.env['ECT_LEDGER_URL'] ?? DEFAULT_URL];
  const draft: EctDraft = {
    iss,
    aud: options.aud ?? audience,
    execAct: options.act,
    ...(options.wid && { wid: options.wid }),
    ...(options.jti && { jti: options.jti }),
    ...(options.parent && { parents: options.parent }),
    ...policyOf(options),
    ...(await hashesOf(options)),
    ...(options.ext && { extension: options.ext }),
  };
  const { profile, expiresIn: lifetimeSeconds } = options;
  await shell.terminal.print(await signEct(draft, key, { profile, lifetimeSeconds }));
}

function policyOf({ pol, polDecision, polEnforcer }: SignOptions): Partial<EctDraft> {
  return {
    ...(pol !== undefined && { pol }),
    ...(polDecision && { polDecision }),
    ...(polEnforcer !== undefined && { polEnforcer }),
  };
}

async function hashesOf({ inpHash, inpFile, outHash, outFile }: SignOptions): Promise<Partial<EctDraft>> {
  const input = inpFile === undefined ? inpHash : await hashFile(inpFile);
  const output = outFile === undefined ? outHash : await hashFile(outFile);
  return { ...(input !== undefined && { inpHash: input }), ...(output !== undefined && { outHash: output }) };
}

/** SHA-256 in base64url, the one form that both profiles have (ECT §4). */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw fileFailure(`cannot read ${path}`, error);
  }
  return hash.digest('base64url');
}

function parseExtension(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below, like JSON that is no object.
  }
  throw new InvalidArgumentError('It must be a JSON object.');
}
