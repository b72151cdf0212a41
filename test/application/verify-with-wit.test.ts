import { describe, expect, it } from '@jest/globals';
import { MemoryLedger, verifyEct } from '../../src/index.js';
import { LEDGER_ID } from '../support/cast.js';
import { KeyServer } from '../support/key-server.js';
import { codeOf } from '../support/problem.js';
import { TrustDomain } from '../support/trust-domain.js';

const nowSeconds = () => Math.floor(Date.now() / 1000);

describe('the library', () => {
  it('verifies and records with a Workload Identity Token', async () => {
    const domain = new TrustDomain('example.com', nowSeconds);
    const agent = await domain.workload('agent');
    const keys = { issuers: [{ trust_domain: domain.name, bundle: domain.bundle }] };
    const ect = await agent.sign();
    const wit = domain.issue(agent);
    expect(await verifyEct(ect, { keys, wit, audience: LEDGER_ID })).toMatchObject({ ect, source: 'wit' });
    expect(await codeOf(() => verifyEct(ect, { keys }))).toBe('unknown-key');
    const expired = domain.issue(agent, { payload: { exp: nowSeconds() } });
    expect(await codeOf(() => verifyEct(ect, { keys, wit: expired }))).toBe('unknown-key');
    const ledger = new MemoryLedger({ keys });
    expect(await ledger.record(ect, wit)).toMatchObject({ kind: 'recorded' });
    expect(await codeOf(() => ledger.record(ect))).toBe('unknown-key');
  });

  it('fetches the keys of an issuer, once for all that use the same trust', async () => {
    const domain = new TrustDomain('example.com', nowSeconds);
    const agent = await domain.workload('agent');
    const server = await KeyServer.start();
    try {
      server.serve({ keys: [agent.publicJwk] });
      const keys = { issuers: [{ iss: agent.iss, jwks_uri: server.url }] };
      for (let round = 0; round < 3; round++)
        expect(await verifyEct(await agent.sign(), { keys })).toMatchObject({ source: 'jwks_uri' });
      expect(server.requests).toBe(1);
    } finally {
      await server.close();
    }
  });
});
