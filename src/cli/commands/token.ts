import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SCOPES, trustDomainName, type Scope, type TokenRecord } from '../../domain/access-token.js';
import { Failure } from '../failure.js';
import { collect, examples, flowing, jsonOption, uuid } from '../options.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';
import { createToken, listTokens, revokeToken } from '../token-file.js';

interface CreateOptions {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly expires?: string;
  readonly workflow?: readonly string[];
  readonly trustDomain?: readonly string[];
  readonly file: string;
}

interface ListOptions {
  readonly file: string;
  readonly json?: true;
}

const CREATE_DESCRIPTION = flowing(`
Make a token for a ledger that runs with LEDGER_AUTH=token.

Prints the token, and nothing else, on standard output: it is shown this once, the file keeps its SHA-256 only.
With --workflow or --trust-domain the rest of the ledger does not exist for its owner. A running ledger notices
within a second or so.`);

export function addToken(program: Command, shell: Shell): void {
  const token = program
    .command('token')
    .summary('say who may use the ledger')
    .description('The token file: who may record and read where LEDGER_AUTH=token.');
  addCreate(token, shell);
  token
    .command('list')
    .description('Show the tokens of the file, with everything but themselves.')
    .addOption(fileOption(shell))
    .addOption(jsonOption())
    .addHelpText('after', examples('ect-ledger token list'))
    .action((options: ListOptions) => list(options, shell));
  token
    .command('revoke')
    .description('Take a token back. A running ledger notices within a second or so.')
    .argument('<name-or-id>', 'as `token list` shows it; the id also stands in the token: ectl_<id>_…')
    .addOption(fileOption(shell))
    .addHelpText('after', examples('ect-ledger token revoke auditor'))
    .action((nameOrId: string, { file }: { file: string }) => revoke(nameOrId, file, shell));
}

function addCreate(token: Command, shell: Shell): void {
  token
    .command('create')
    .summary('make a token')
    .description(CREATE_DESCRIPTION)
    .requiredOption('--name <name>', 'whose it is; the access log says so')
    .addOption(
      new Option('--scope <scope...>', 'what it allows; several may be given')
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option(
      '--expires <when>',
      'a date or time (2026-12-31, 2026-12-31T18:00:00Z), or days from now (30d)',
      expiry,
    )
    .option('--workflow <wid>', 'only this workflow; may be given several times', collect(uuid))
    .option(
      '--trust-domain <name>',
      'only issuers of this trust domain; may be given several times',
      collect(domain),
    )
    .addOption(fileOption(shell))
    .addHelpText(
      'after',
      examples(
        'ect-ledger token create --name build --scope ledger:record > build.token',
        'ect-ledger token create --name auditor --scope ledger:read --workflow <wid> --expires 30d',
      ),
    )
    .action((options: CreateOptions) => create(options, shell));
}

function fileOption({ env }: Shell): Option {
  return new Option(
    '--file <path>',
    'the token file that the ledger reads; LEDGER_TOKENS_FILE sets it too',
  ).default(env['LEDGER_TOKENS_FILE'] ?? join(env['DATA_DIR'] ?? '.data', 'tokens.json'));
}

async function create(options: CreateOptions, { terminal }: Shell): Promise<void> {
  const { name, scope, expires, workflow, trustDomain, file } = options;
  if (!/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(name))
    throw new Failure('--name must have 1 to 100 characters, none of them a control character');
  const limits = {
    ...(workflow && { workflows: workflow.map((wid) => wid.toLowerCase()) }),
    ...(trustDomain && { trust_domains: [...trustDomain] }),
  };
  const text = await createToken(file, {
    name,
    scopes: [...new Set(scope)],
    ...(expires !== undefined && { expires_at: expires }),
    ...(Object.keys(limits).length > 0 && { limits }),
  });
  await terminal.print(text);
  await terminal.note(`This is the only time it is shown; ${file} keeps its hash.`);
  if (expires === undefined) await terminal.note('It never expires: --expires sets a time.');
}

async function list({ file, json }: ListOptions, { terminal }: Shell): Promise<void> {
  const tokens = await listTokens(file);
  if (json) return terminal.printJson({ tokens: tokens.map(({ sha256: _sha256, ...token }) => token) });
  for (const token of tokens) {
    await terminal.print(styled('bold', token.name), `  ${token.id}  ${token.scopes.join(' ')}`);
    for (const line of detailsOf(token)) await terminal.print(`  ${line}`);
  }
  if (tokens.length === 0)
    await terminal.note(
      `${file} has no tokens. Make one: ect-ledger token create --name <name> --scope <scope>`,
    );
}

function detailsOf({ expires_at, limits }: TokenRecord): string[] {
  const isOver = expires_at !== undefined && Date.parse(expires_at) <= Date.now();
  return [
    expires_at === undefined ? 'never expires' : `${isOver ? 'expired' : 'expires'} ${expires_at}`,
    ...(limits?.workflows ? [`only workflows ${limits.workflows.join(', ')}`] : []),
    ...(limits?.trust_domains ? [`only trust domains ${limits.trust_domains.join(', ')}`] : []),
  ];
}

async function revoke(nameOrId: string, file: string, { terminal }: Shell): Promise<void> {
  const { name, id } = await revokeToken(file, nameOrId);
  await terminal.print(`revoked: ${name} (${id})`);
}

/** A point in time that is to come, RFC 3339. */
function expiry(text: string): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const ms =
    days === undefined ? (isTime ? Date.parse(text) : Number.NaN) : Date.now() + Number(days) * 86_400_000;
  if (!Number.isNaN(ms) && ms > Date.now()) return new Date(ms).toISOString();
  throw new InvalidArgumentError(
    'It must be a time to come, such as 2026-12-31, 2026-12-31T18:00:00Z or 30d.',
  );
}

function domain(text: string): string {
  if (trustDomainName.safeParse(text).success) return text;
  throw new InvalidArgumentError('It must be a trust domain such as example.com.');
}
