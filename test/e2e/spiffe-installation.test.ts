import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../cli/captured-shell.js';
import { KeyServer } from '../support/key-server.js';
import { cleanUp, type SpawnedService, spawnService } from '../support/spawned-service.js';
import { makeTempDir } from '../support/temp-dir.js';
import { TrustDomain, type Workload } from '../support/trust-domain.js';

/** As an operator sets it up: a service of its own, an authority of the company's own, agents in no file. */
describe('a service that trusts a SPIFFE domain', () => {
  let folder: string;
  let server: KeyServer;
  let service: SpawnedService;
  let domain: TrustDomain;
  let build: Workload;
  let deploy: Workload;

  const file = (name: string) => join(folder, name);
  const record = (...args: string[]) =>
    runCommand(['record', '--url', service.client.url, '--json', ...args]);
  const problemsIn = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; problem?: { code: string } })
      .map(({ kind, problem }) => problem?.code ?? kind);

  beforeAll(async () => {
    folder = await makeTempDir();
    server = await KeyServer.start();
    domain = new TrustDomain('example.com', () => Math.floor(Date.now() / 1000));
    [build, deploy] = await Promise.all([domain.workload('build'), domain.workload('deploy')]);
    server.serve(domain.bundle);
    const trust = { issuers: [{ trust_domain: domain.name, bundle_uri: server.url }] };
    await writeFile(file('trust.json'), JSON.stringify(trust));
    await writeFile(file('authority.pem'), server.certificate.cert);
    service = await spawnService({
      LEDGER_STORE: 'memory',
      TRUST_FILE: file('trust.json'),
      NODE_EXTRA_CA_CERTS: file('authority.pem'),
    });
  });

  afterAll(async () => {
    await cleanUp([service], folder);
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('records what agents show Workload Identity Tokens for, from a file of them', async () => {
    await writeFile(file('agents.wit'), `${domain.issue(build)}\n${domain.issue(deploy)}\n`);
    const tokens = [await build.sign(), await deploy.sign(), await build.sign()];
    await writeFile(file('tokens.ndjson'), tokens.join('\n'));
    expect(problemsIn((await record(file('tokens.ndjson'))).out)).toEqual(Array(3).fill('unknown-key'));
    const recorded = await record('--wit-file', file('agents.wit'), file('tokens.ndjson'));
    expect(problemsIn(recorded.out)).toEqual(['recorded', 'recorded', 'recorded']);
    await writeFile(file('one.ect'), await build.sign());
    const one = await record('--wit-file', file('agents.wit'), file('one.ect'));
    expect(problemsIn(one.out)).toEqual(['recorded']);
  });

  it('records lines that hold both', async () => {
    const lines = [
      { ect: await build.sign(), wit: domain.issue(build) },
      { ect: await build.sign(), wit: domain.issue(deploy) },
    ];
    await writeFile(file('both.ndjson'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, out } = await record(file('both.ndjson'));
    expect([code, problemsIn(out)]).toEqual([1, ['recorded', 'issuer-mismatch']]);
  });

  it.each([
    ['missing', undefined, 'cannot read'],
    ['of something else', () => 'hello', 'is no Workload Identity Token'],
    [
      'of two tokens of one agent',
      () => `${domain.issue(build)}\n${domain.issue(build)}`,
      'is the second token of',
    ],
  ])('says what is wrong with a file %s', async (_, make, words) => {
    if (make) await writeFile(file('wrong.wit'), make());
    const { code, err } = await record('--wit-file', make ? file('wrong.wit') : file('nowhere.wit'));
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });
});
