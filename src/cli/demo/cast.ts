import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentKey, createKeyFile, defaultKid, readAgentKey, readJwk } from '../key-file.js';
import { publicHalf } from '../public-jwk.js';
import type { TrustedKey } from '../trust-file.js';

/** Who plays: a maker of medical software, and the lab that audits it. */
const ISSUERS = {
  reviewer: 'spiffe://medtech.example/agent/spec-reviewer',
  generator: 'spiffe://medtech.example/agent/code-generator',
  tester: 'spiffe://medtech.example/agent/test-runner',
  analyst: 'spiffe://medtech.example/agent/code-analyst',
  builder: 'spiffe://medtech.example/agent/build',
  scanner: 'spiffe://audit-lab.example/agent/security-scanner',
  officer: 'spiffe://audit-lab.example/human/release-officer',
} as const;

export type Role = keyof typeof ISSUERS;

export type Cast = ReadonlyMap<Role, AgentKey>;

const ROLES: readonly Role[] = [
  'reviewer',
  'generator',
  'tester',
  'analyst',
  'builder',
  'scanner',
  'officer',
];

/** The cast with its keys, made on the first run and used again; their public halves are what the ledger has to trust. */
export async function gatherCast(folder: string): Promise<{ cast: Cast; keys: readonly TrustedKey[] }> {
  const cast = new Map<Role, AgentKey>();
  const keys: TrustedKey[] = [];
  for (const role of ROLES) {
    const iss = ISSUERS[role];
    const path = join(folder, `${role}.private.json`);
    if (!(await exists(path))) await createKeyFile(path, iss, freshKid(iss));
    cast.set(role, await readAgentKey(path));
    keys.push({ iss, jwk: publicHalf(await readJwk(path), path) });
  }
  return { cast, keys };
}

/** A name of its own for each key: a trust file may outlive the folder of the keys. */
function freshKid(iss: string): string {
  return `${defaultKid(iss)}-${randomBytes(3).toString('hex')}`;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
