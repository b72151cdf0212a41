import { type Command, InvalidArgumentError } from 'commander';
import { connect, tokenFileOption, type Connection } from '../credentials.js';
import { examples, flowing, jsonOption, urlOption, whole } from '../options.js';
import type { KeyReply } from '../replies.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';

interface KeysOptions extends Connection {
  readonly json?: true;
}

interface ListOptions extends KeysOptions {
  readonly iss?: string;
  readonly limit: number;
}

interface RevokeOptions extends KeysOptions {
  readonly reason: string;
  readonly at?: string;
}

interface ImpactOptions extends KeysOptions {
  readonly from?: string;
  readonly limit: number;
}

const DESCRIPTION = flowing(`
List the keys that verified entries, the newest first use first, or show one of them.

A key is named by its thumbprint (RFC 7638), the "jkt" of the entries it verified.`);

export function addKeys(program: Command, shell: Shell): void {
  const keys = program
    .command('keys')
    .summary('list the keys that verified entries; revoke one')
    .description(DESCRIPTION)
    .argument('[jkt]', 'the key to show', thumbprint)
    .option('--iss <uri>', 'only keys that served this issuer')
    .option('--limit <number>', 'how many at most', whole(1, 1_000), 100)
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger keys', 'ect-ledger keys <jkt>'))
    .action((jkt: string | undefined, options: ListOptions) =>
      jkt === undefined ? list(options, shell) : show(jkt, options, shell),
    );
  addRevoke(keys, shell);
  addImpact(keys, shell);
}

function addRevoke(keys: Command, shell: Shell): void {
  keys
    .command('revoke')
    .description('Revoke a key, for good: nothing more is recorded with it.')
    .argument('<jkt>', 'the key', thumbprint)
    .requiredOption('--reason <text>', 'why, for people')
    .option('--at <time>', 'from when on, such as 2026-11-23T02:00:00Z (default: now)')
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger keys revoke <jkt> --reason "found in a build log"'))
    .action((jkt: string, options: RevokeOptions) => revoke(jkt, options, shell));
}

function addImpact(keys: Command, shell: Shell): void {
  keys
    .command('impact')
    .description('Show what a key signed since it was revoked, and everything that came of that.')
    .argument('<jkt>', 'the key', thumbprint)
    .option('--from <time>', 'since when instead, such as 2026-11-23T02:00:00Z')
    .option('--limit <number>', 'how many tasks at most', whole(1, 10_000), 1_000)
    .addOption(jsonOption())
    .addOption(urlOption(shell))
    .addOption(tokenFileOption())
    .addHelpText('after', examples('ect-ledger keys impact <jkt>'))
    .action((jkt: string, options: ImpactOptions) => impact(jkt, options, shell));
}

async function list(options: ListOptions, shell: Shell): Promise<void> {
  const { iss, limit, json } = options;
  const { terminal } = shell;
  const page = await (await connect(options, shell)).keys({ iss, limit });
  if (json) return terminal.printJson({ keys: page.keys, truncated: page.next !== null });
  for (const key of page.keys) {
    const state = key.key_status === 'revoked' ? '  revoked' : '';
    await terminal.print(
      styled('bold', key.jkt),
      `  ${key.iss} ${key.kid}  last used ${key.last_used_at}${state}`,
    );
  }
  if (page.keys.length === 0) await terminal.note('No key verified anything yet.');
  if (page.next !== null) await terminal.note(`There are more than ${page.keys.length}; see --limit.`);
}

async function show(jkt: string, options: KeysOptions, shell: Shell): Promise<void> {
  const { terminal } = shell;
  const key = await (await connect(options, shell)).key(jkt);
  if (options.json) return terminal.printJson(key);
  for (const [name, value] of describeKey(key)) {
    await terminal.print(styled('dim', name.padEnd(10)), value);
  }
}

function describeKey(key: KeyReply): [name: string, value: string][] {
  const { revocation } = key;
  return [
    ['key', `${key.jkt} (${key.alg})`],
    ...key.names.map(({ iss, kid }): [string, string] => ['name', `${kid} of ${iss}`]),
    ['source', key.source ?? 'not kept'],
    ['first used', `${key.first_used_at} for #${key.first_index}`],
    ['last used', `${key.last_used_at} for #${key.last_index}`],
    ['status', revocation ? `${key.key_status}, revoked as of ${revocation.at}` : key.key_status],
    ...(revocation ? [['reason', revocation.reason] satisfies [string, string]] : []),
    ['jwk', JSON.stringify(key.jwk)],
  ];
}

async function revoke(jkt: string, options: RevokeOptions, shell: Shell): Promise<void> {
  const { reason, at, json } = options;
  const { terminal } = shell;
  const revocation = await (await connect(options, shell)).revokeKey(jkt, { reason, at });
  if (json) return terminal.printJson(revocation);
  await terminal.print(`${revocation.jkt} is revoked as of ${revocation.at}: ${revocation.reason}`);
  await terminal.note(`See what rests on it: ect-ledger keys impact ${jkt}`);
}

async function impact(jkt: string, options: ImpactOptions, shell: Shell): Promise<void> {
  const { from, limit, json } = options;
  const { terminal } = shell;
  const found = await (await connect(options, shell)).keyImpact(jkt, { from, limit });
  if (json) return terminal.printJson(found);
  for (const { depth, index, jti, exec_act: action, iss } of found.nodes) {
    const how = depth === 0 ? 'signed ' : `after ${depth}`;
    await terminal.print(`${how}  #${index}  ${jti}  `, styled('bold', action), `  ${iss}`);
  }
  if (found.nodes.length === 0) await terminal.note(`Nothing since ${found.from}.`);
  if (found.truncated)
    await terminal.note(`Only a part: --limit cut it off after ${found.nodes.length} tasks.`);
}

function thumbprint(text: string): string {
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a thumbprint: 43 characters of base64url.');
}
