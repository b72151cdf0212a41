import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProblemCode } from '../../src/domain/errors.js';
import { expectProblem, TOKEN_TYPE } from '../support/client.js';
import { KeyServer } from '../support/key-server.js';
import { base64url, generateP256, signRaw } from '../support/raw-token.js';
import { startService, STORES, type TestService } from '../support/service.js';
import { TrustDomain, type WitChanges, type Workload } from '../support/trust-domain.js';

const HEADER = 'Workload-Identity-Token';

let ledger: TestService;
let domain: TrustDomain;
let agent: Workload;
let other: Workload;

async function trust(...issuers: unknown[]): Promise<void> {
  await writeFile(ledger.trustFile, JSON.stringify({ issuers }));
  await ledger.service.reloadTrust();
}

async function start(store: (typeof STORES)[number]): Promise<void> {
  ledger = await startService({ store });
  domain = new TrustDomain('example.com', () => ledger.clock.seconds);
  agent = await domain.workload('agent/one');
  other = await domain.workload('agent/two');
  await trust({ trust_domain: domain.name, bundle: domain.bundle });
}

const record = (ect: string, wit: string) => ledger.client.record(ect, { [HEADER]: wit });

async function expectRefused(ect: string, wit: string, code: ProblemCode, status = 403): Promise<string> {
  const before = await ledger.client.countEntries();
  const { detail } = expectProblem(await record(ect, wit), code, status);
  expect(await ledger.client.countEntries()).toBe(before);
  return detail;
}

const json = (path: string, body: unknown) =>
  ledger.client.post<{ results: { status: number; problem?: { code: string } }[] }>(
    path,
    JSON.stringify(body),
    {
      'Content-Type': 'application/json',
    },
  );

describe.each(STORES)('a Workload Identity Token (%s)', (store) => {
  beforeAll(() => start(store));
  afterAll(() => ledger.close());

  it('vouches for the key of an agent that stands in no file', async () => {
    const ect = await agent.sign();
    expectProblem(await ledger.client.record(ect), 'unknown-key', 403);
    const { status, body } = await record(ect, domain.issue(agent));
    expect({ status, body }).toMatchObject({ status: 201, body: { iss: agent.iss, kid: agent.kid, ect } });
    const { body: key } = await ledger.client.get(`/keys/${body.jkt}`);
    expect(key).toMatchObject({ jkt: body.jkt, names: [{ iss: agent.iss, kid: agent.kid, source: 'wit' }] });
  });

  it('vouches for thousands of agents without an entry of their own', async () => {
    const agents = await Promise.all(
      Array.from({ length: 20 }, (_, at) => domain.workload(`agent/of-many-${at}`)),
    );
    const items = await Promise.all(
      agents.map(async (one) => ({ ect: await one.sign(), wit: domain.issue(one) })),
    );
    const { body } = await json('/ledger/batch', { ects: items });
    expect(body.results.map(({ status }) => status)).toEqual(agents.map(() => 201));
  });

  it('counts when the token is recorded: a retry is answered also after it has expired', async () => {
    const now = ledger.clock.seconds;
    const wit = domain.issue(agent, { payload: { exp: now + 10 } });
    const ect = await agent.sign();
    const late = await agent.sign();
    const first = await record(ect, wit);
    expect(first.status).toBe(201);
    ledger.clock.advance(10_000);
    const again = await record(ect, wit);
    expect({ status: again.status, index: again.body.index }).toEqual({
      status: 200,
      index: first.body.index,
    });
    expect(await expectRefused(late, wit, 'unknown-key')).toContain(`expired at ${now + 10}`);
    expect((await record(late, domain.issue(agent))).status).toBe(201);
  });
});

describe('how a Workload Identity Token is sent', () => {
  beforeAll(() => start('memory'));
  afterAll(() => ledger.close());

  it('as a header beside the Execution-Context header', async () => {
    const headers = { 'Execution-Context': await agent.sign(), [HEADER]: domain.issue(agent) };
    expect((await ledger.client.post('/ledger', '', headers)).status).toBe(201);
  });

  it('as a member of a JSON body', async () => {
    expect((await json('/ledger', { ect: await agent.sign(), wit: domain.issue(agent) })).status).toBe(201);
  });

  it('as several header values, which go to the tokens of their subjects', async () => {
    const ects = [await other.sign(), await agent.sign(), await other.sign(), 'no token'];
    const wits = `${domain.issue(agent)}, ${domain.issue(other)}`;
    const byHeader = await ledger.client.post<{ results: { status: number }[] }>('/ledger', '', {
      'Execution-Context': ects.slice(0, 3).join(','),
      [HEADER]: wits,
    });
    expect(byHeader.body.results.map(({ status }) => status)).toEqual([201, 201, 201]);
    const lines = await ledger.client.post<{ results: { status: number }[] }>(
      '/ledger/batch',
      ects.join('\n'),
      {
        'Content-Type': 'application/x-ndjson',
        [HEADER]: wits,
      },
    );
    expect(lines.body.results.map(({ status }) => status)).toEqual([200, 200, 200, 400]);
  });

  it('as members of the items of a batch, beside tokens that need none', async () => {
    const { a } = ledger.cast;
    await trust(
      { trust_domain: domain.name, bundle: domain.bundle },
      { iss: a.iss, jwks: { keys: [a.publicJwk] } },
    );
    const [first, second] = [randomUUID(), randomUUID()];
    const { body } = await json('/ledger/batch', {
      ects: [
        { ect: await agent.sign({ jti: first }), wit: domain.issue(agent) },
        await a.sign({ parents: [first] }),
        { ect: await a.sign() },
        { ect: await agent.sign({ jti: second }), wit: domain.issue(other) },
        await agent.sign(),
      ],
    });
    expect(body.results.map(({ status, problem }) => problem?.code ?? status)).toEqual([
      201,
      201,
      201,
      'issuer-mismatch',
      'unknown-key',
    ]);
    await trust({ trust_domain: domain.name, bundle: domain.bundle });
  });

  it.each<[string, () => Promise<readonly [path: string, body: string, type: string, wit: string]>]>([
    [
      'in the body and in the header',
      async () => {
        const wit = domain.issue(agent);
        return ['/ledger', JSON.stringify({ ect: await agent.sign(), wit }), 'application/json', wit];
      },
    ],
    [
      'twice for one subject',
      async () => {
        const wits = [domain.issue(agent), domain.issue(agent)].join(',');
        return ['/ledger', await agent.sign(), TOKEN_TYPE, wits];
      },
    ],
    [
      'several, one of them no token',
      async () => {
        const wits = [domain.issue(agent), 'x'].join(',');
        return ['/ledger', await agent.sign(), TOKEN_TYPE, wits];
      },
    ],
    ['as an empty header', async () => ['/ledger', await agent.sign(), TOKEN_TYPE, ' ']],
  ])('not %s', async (_, make) => {
    const [path, body, type, wit] = await make();
    const answer = await ledger.client.post(path, body, { 'Content-Type': type, [HEADER]: wit });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });

  it('not as something else than text', async () => {
    const answer = await json('/ledger', { ect: await agent.sign(), wit: 7 });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', errors: [{ pointer: '/wit' }] },
    });
  });
});

describe('an attack with a Workload Identity Token', () => {
  beforeAll(() => start('memory'));
  afterAll(() => ledger.close());

  const changed = (changes: () => WitChanges) => () => domain.issue(agent, changes());
  const stranger = generateP256();
  const ofEd25519 = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), alg: 'EdDSA' };
  /** The public key of the authority, known to everybody, taken for a secret. */
  const hmacSigned = (): string => {
    const [, payload = ''] = domain.issue(agent).split('.');
    const input = `${base64url(JSON.stringify({ alg: 'HS256', typ: 'wit+jwt', kid: domain.kid }))}.${payload}`;
    return `${input}.${createHmac('sha256', JSON.stringify(domain.bundle.keys[2])).update(input).digest('base64url')}`;
  };

  it.each<[string, string, () => string]>([
    ['is no token', 'three parts', () => 'x'],
    ['is not base64url', 'not base64url', () => `${domain.issue(agent)}=`],
    ['is an ECT', 'wrong: "typ"', () => signRaw({ privateKey: stranger.privateKey })],
    [
      'has no signature',
      'the signature is not',
      () => `${domain.issue(agent).split('.').slice(0, 2).join('.')}.`,
    ],
    ['has a changed signature', 'the signature is not', () => domain.issue(agent).replace(/.{6}$/, 'AAAAAA')],
    [
      'is signed by somebody else under the authority’s kid',
      'the signature is not',
      changed(() => ({ privateKey: stranger.privateKey })),
    ],
    [
      'is signed by the agent itself',
      'the signature is not',
      changed(() => ({ privateKey: agent.privateKey })),
    ],
    [
      'is signed by the agent itself, with its key in the header',
      'no key of its "kid"',
      changed(() => ({ privateKey: agent.privateKey, header: { kid: agent.kid, jwk: agent.publicJwk } })),
    ],
    ['has another typ', 'wrong: "typ"', changed(() => ({ header: { typ: 'JWT' } }))],
    ['has no typ', 'wrong: "typ"', changed(() => ({ header: { typ: undefined } }))],
    ['has alg none', 'wrong: "alg"', changed(() => ({ header: { alg: 'none' } }))],
    ['has alg HS256', 'wrong: "alg"', () => hmacSigned()],
    ['has alg RS256', 'wrong: "alg"', changed(() => ({ header: { alg: 'RS256' } }))],
    [
      'has another alg than the authority’s key',
      'the signature is not',
      changed(() => ({ header: { alg: 'ES384' } })),
    ],
    ['has no kid', 'wrong: "kid"', changed(() => ({ header: { kid: undefined } }))],
    ['has a crit', 'wrong: "crit"', changed(() => ({ header: { crit: ['exp'] } }))],
    [
      'names a key for other tokens of the domain',
      'no key of its "kid"',
      changed(() => ({ header: { kid: 'jwt' } })),
    ],
    [
      'names a key by URL',
      'no key of its "kid"',
      changed(() => ({ header: { kid: 'https://evil.example/key', jku: 'https://evil.example/' } })),
    ],
    ['has no sub', 'wrong: "sub"', changed(() => ({ payload: { sub: undefined } }))],
    [
      'has a sub that is no SPIFFE ID',
      'wrong: "sub"',
      changed(() => ({ payload: { sub: 'https://example.com/agent/one' } })),
    ],
    [
      'has a sub with a relative path',
      'wrong: "sub"',
      changed(() => ({ payload: { sub: 'spiffe://example.com/x/../agent/one' } })),
    ],
    [
      'has a sub with a port',
      'wrong: "sub"',
      changed(() => ({ payload: { sub: 'spiffe://example.com:443/agent/one' } })),
    ],
    [
      'has a sub of another domain',
      'its trust domain is not trusted',
      changed(() => ({ payload: { sub: 'spiffe://example.org/agent/one' } })),
    ],
    [
      'has a sub of a subdomain',
      'its trust domain is not trusted',
      changed(() => ({ payload: { sub: 'spiffe://a.example.com/agent/one' } })),
    ],
    ['has no exp', 'wrong: "exp"', changed(() => ({ payload: { exp: undefined } }))],
    ['has an exp that is no number', 'wrong: "exp"', changed(() => ({ payload: { exp: '9999999999' } }))],
    ['has expired', 'expired at', changed(() => ({ payload: { exp: ledger.clock.seconds } }))],
    ['is not valid yet', 'is valid from', changed(() => ({ payload: { nbf: ledger.clock.seconds + 31 } }))],
    ['has no cnf', 'wrong: "cnf"', changed(() => ({ payload: { cnf: undefined } }))],
    [
      'has a thumbprint instead of a key',
      'wrong: "cnf.jwk"',
      changed(() => ({ payload: { cnf: { jkt: 'x' } } })),
    ],
    ['has a key without alg', 'wrong: "cnf.jwk.alg"', changed(() => ({ jwk: { alg: undefined } }))],
    [
      'has a key for another alg than the ECT’s',
      'does not serve ES256',
      changed(() => ({ payload: { cnf: { jwk: ofEd25519 } } })),
    ],
    [
      'has a symmetric key',
      '"kty" must be',
      changed(() => ({ payload: { cnf: { jwk: { kty: 'oct', k: 'AAAA', alg: 'HS256' } } } })),
    ],
    ['has the private key inside', '"d" is secret', changed(() => ({ jwk: agent.privateJwk }))],
    [
      'has a key that is no point of its curve',
      'is not a valid public key',
      changed(() => ({ jwk: { x: agent.publicJwk['y'] } })),
    ],
    [
      'has a key of another kid than the ECT says',
      'has another "kid"',
      changed(() => ({ jwk: { kid: 'another' } })),
    ],
    ['has a key for encryption', 'serves no supported algorithm', changed(() => ({ jwk: { use: 'enc' } }))],
    [
      'names a member twice',
      'more than once',
      () => {
        const [header = '', , signature = ''] = domain.issue(agent).split('.');
        return [header, base64url(`{"sub":"${agent.iss}","sub":"${agent.iss}"}`), signature].join('.');
      },
    ],
    [
      'is larger than any token',
      'larger than 16384 bytes',
      changed(() => ({ payload: { more: 'x'.repeat(14_000) } })),
    ],
  ])('that %s is refused', async (_, reason, wit) => {
    expect(await expectRefused(await agent.sign(), wit(), 'unknown-key')).toContain(reason);
  });

  it('cannot be used again once its key is revoked', async () => {
    const compromised = await domain.workload('agent/compromised');
    const { body } = await record(await compromised.sign(), domain.issue(compromised));
    const revoked = await json(`/keys/${body.jkt}/revocation`, { reason: 'key_compromise' });
    expect(revoked.status).toBe(201);
    await expectRefused(await compromised.sign(), domain.issue(compromised), 'revoked-key');
    const underOtherKid = domain.issue(compromised, { jwk: { kid: undefined } });
    await expectRefused(await compromised.sign(), underOtherKid, 'revoked-key');
  });

  it('cannot speak for another agent: it is of another subject', async () => {
    await expectRefused(await agent.sign(), domain.issue(other), 'issuer-mismatch');
    await expectRefused(await agent.sign({ iss: other.iss }), domain.issue(agent), 'issuer-mismatch');
    const withKeyOfAgent = domain.issue(other, {
      payload: { cnf: { jwk: { ...agent.publicJwk, alg: 'ES256' } } },
    });
    await expectRefused(await agent.sign(), withKeyOfAgent, 'issuer-mismatch');
  });

  it('cannot be used by who stole it: the ECT needs the key in it', async () => {
    const stolen = domain.issue(other);
    const { iss, kid } = other;
    const payload = {
      iss,
      aud: 'x',
      iat: ledger.clock.seconds,
      exp: ledger.clock.seconds + 9,
      jti: randomUUID(),
      exec_act: 'a',
      par: [],
    };
    const ect = signRaw({
      header: { alg: 'ES256', typ: 'wimse-exec+jwt', kid },
      payload,
      privateKey: agent.privateKey,
    });
    await expectRefused(ect, stolen, 'invalid-signature');
  });

  it('of another trust domain is worth nothing here, even when that one claims the subject', async () => {
    const foreign = new TrustDomain('example.org', () => ledger.clock.seconds);
    await trust(
      { trust_domain: domain.name, bundle: domain.bundle },
      { trust_domain: foreign.name, bundle: foreign.bundle },
    );
    await expectRefused(await agent.sign(), foreign.issue(agent), 'unknown-key');
    const local = await foreign.workload('agent/one');
    expect((await record(await local.sign(), foreign.issue(local))).status).toBe(201);
    await trust({ trust_domain: domain.name, bundle: domain.bundle });
    await expectRefused(await local.sign(), foreign.issue(local), 'unknown-key');
  });

  it('is refused also when the issuer has a key of its own in the trust file', async () => {
    await trust(
      { trust_domain: domain.name, bundle: domain.bundle },
      { iss: agent.iss, jwks: { keys: [agent.publicJwk] } },
    );
    await expectRefused(
      await agent.sign(),
      domain.issue(agent, { privateKey: stranger.privateKey }),
      'unknown-key',
    );
    expect((await ledger.client.record(await agent.sign())).status).toBe(201);
    await trust({ trust_domain: domain.name, bundle: domain.bundle });
  });

  it('cannot smuggle in a kid that no database takes', async () => {
    const wit = domain.issue(agent, { jwk: { kid: undefined } });
    for (const kid of ['a\u0000b', 'x'.repeat(257)]) {
      const payload = { iss: agent.iss };
      const ect = signRaw({
        header: { alg: 'ES256', typ: 'wimse-exec+jwt', kid },
        payload,
        privateKey: agent.privateKey,
      });
      await expectRefused(ect, wit, 'invalid-header', 400);
    }
    expect((await record(await agent.sign(), wit)).status).toBe(201);
  });

  it('does not outlive the authority that signed it, however often it was used', async () => {
    const wit = domain.issue(agent);
    expect((await record(await agent.sign(), wit)).status).toBe(201);
    domain.rotate();
    await trust({ trust_domain: domain.name, bundle: domain.bundle });
    await expectRefused(await agent.sign(), wit, 'unknown-key');
    expect((await record(await agent.sign(), domain.issue(agent))).status).toBe(201);
  });
});

describe('a bundle that is fetched', () => {
  let server: KeyServer;

  beforeAll(async () => {
    await start('memory');
    server = await KeyServer.start();
    server.serve(domain.bundle);
    await trust({ trust_domain: domain.name, bundle_uri: server.url });
  });
  afterAll(async () => {
    await server.close();
    await ledger.close();
  });

  it('verifies tokens, rotates, and serves for a while when its address does not answer', async () => {
    const old = domain.issue(agent);
    expect((await record(await agent.sign(), old)).status).toBe(201);
    domain.rotate();
    server.serve(domain.bundle);
    expect((await record(await agent.sign(), old)).status).toBe(201); // the old key is trusted until the set is old
    ledger.clock.advance(600_000);
    await expectRefused(await agent.sign(), old, 'unknown-key');
    const fresh = domain.issue(agent);
    expect((await record(await agent.sign(), fresh)).status).toBe(201);
    await server.down();
    ledger.clock.advance(600_000);
    expect((await record(await agent.sign(), fresh)).status).toBe(201);
    ledger.clock.advance(3_600_000);
    await expectRefused(await agent.sign(), domain.issue(agent), 'store-unavailable', 503);
    await expectRefused(await agent.sign(), fresh, 'store-unavailable', 503);
    await server.up();
    ledger.clock.advance(10_000);
    expect((await record(await agent.sign(), domain.issue(agent))).status).toBe(201);
  });

  it('asks its address once per cooldown, whatever tokens name', async () => {
    ledger.clock.advance(10_000);
    const before = server.requests;
    for (let at = 0; at < 50; at++) {
      await expectRefused(
        await agent.sign(),
        domain.issue(agent, { header: { kid: `made-up-${at}` } }),
        'unknown-key',
      );
    }
    expect(server.requests - before).toBe(1);
  });
});
