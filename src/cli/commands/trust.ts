import type { Command } from 'commander';
import { isJsonObject } from '../../domain/strict-json.js';
import { Failure } from '../failure.js';
import { assertIssuer, readJwk } from '../key-file.js';
import { examples, flowing } from '../options.js';
import { publicHalf, thumbprint } from '../public-jwk.js';
import type { Shell } from '../shell.js';
import { styled } from '../terminal.js';
import { type TrustedIssuer, keysElsewhere, keysOf, readIssuers, trustKeys } from '../trust-file.js';

const FILE_HELP = 'the trust file that the ledger reads; TRUST_FILE sets it too';

const ADD_DESCRIPTION = flowing(`
Trust a key to speak for an agent.

Takes a public or private JWK, or a JWK Set; only public members are written. The trust file is created when
absent and replaced as a whole. A running ledger that reads it notices within a second or so.`);

export function addTrust(program: Command, shell: Shell): void {
  const trust = program
    .command('trust')
    .summary('say whose keys the ledger trusts')
    .description('The trust file: who may record.');
  const defaultFile = trustFileOf(shell);
  trust
    .command('add')
    .summary('trust a key')
    .description(ADD_DESCRIPTION)
    .argument('<jwk-file>', 'the key, public or private')
    .requiredOption('--iss <uri>', 'the agent that the key may speak for, and no other')
    .option('--file <path>', FILE_HELP, defaultFile)
    .addHelpText(
      'after',
      examples('ect-ledger trust add --iss spiffe://example.com/agent/build build.public.json'),
    )
    .action((path: string, options: { iss: string; file: string }) => add(path, options, shell));
  trust
    .command('list')
    .description('Show whom the trust file names, with the thumbprint (RFC 7638) that entries show as "jkt".')
    .option('--file <path>', FILE_HELP, defaultFile)
    .addHelpText('after', examples('ect-ledger trust list'))
    .action((options: { file: string }) => list(options.file, shell));
}

export function trustFileOf({ env }: Shell): string {
  return env['TRUST_FILE'] ?? 'trust.json';
}

async function add(path: string, { iss, file }: { iss: string; file: string }, shell: Shell): Promise<void> {
  assertIssuer(iss);
  const value = await readJwk(path);
  if (typeof value['iss'] === 'string' && value['iss'] !== iss) {
    throw new Failure(
      `${path} is a key of ${value['iss']}, not of ${iss}`,
      'a key serves one issuer; check --iss',
    );
  }
  const given = Array.isArray(value['keys']) ? value['keys'].filter(isJsonObject) : [value];
  const keys = given.map((jwk) => ({ iss, jwk: publicHalf(jwk, path) }));
  const fresh = new Set(await trustKeys(file, keys));
  for (const key of keys) {
    const words = fresh.has(key) ? 'now trusted' : 'trusted already';
    await shell.terminal.print(`${words}: ${iss}, key ${key.jwk.kid}, thumbprint ${thumbprint(key.jwk)}`);
  }
  if (fresh.size > 0)
    await shell.terminal.note(`A running ledger that reads ${file} notices within a second or so.`);
}

async function list(file: string, shell: Shell): Promise<void> {
  const issuers = await readIssuers(file);
  for (const issuer of issuers) await printIssuer(issuer, shell);
  if (issuers.length === 0) {
    await shell.terminal.note(
      `${file} trusts nobody. Add a key: ect-ledger trust add --iss <uri> <jwk-file>`,
    );
  }
}

async function printIssuer(issuer: TrustedIssuer, { terminal }: Shell): Promise<void> {
  const { iss, trust_domain: domain } = issuer;
  const name = typeof domain === 'string' ? `trust domain ${domain}` : String(iss);
  await terminal.print(styled('bold', name));
  for (const jwk of keysOf(issuer)) {
    const kind = [jwk.kty, jwk.crv].filter((part) => typeof part === 'string').join(' ');
    await terminal.print(`  ${String(jwk.kid)}  ${kind}  `, styled('dim', thumbprint(jwk)));
  }
  const elsewhere = keysElsewhere(issuer);
  if (elsewhere !== undefined) await terminal.print(`  keys in ${elsewhere}`);
}
