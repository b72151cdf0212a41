import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac, createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { expectProblem } from '../support/client.js';
import { KeyServer } from '../support/key-server.js';
import { startService, TestClock, type TestService } from '../support/service.js';

const AUDIENCE = 'https://ledger.example.com';
const clock = new TestClock();

let provider: KeyServer;
let ledger: TestService;
let privateKey: CryptoKey;
let publicJwk: JWK;
let rsa: { privateKey: CryptoKey; publicJwk: JWK };
let stranger: CryptoKey;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  ({ privateKey } = pair);
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'p1' };
  const rsaPair = await generateKeyPair('RS256', { extractable: true });
  rsa = {
    privateKey: rsaPair.privateKey,
    publicJwk: { ...(await exportJWK(rsaPair.publicKey)), kid: 'r1', use: 'sig' },
  };
  stranger = (await generateKeyPair('ES256')).privateKey;
  provider = await KeyServer.start();
  serveProvider();
  ledger = await startService({ store: 'memory', clock, environment: environment() });
});

afterAll(async () => {
  await ledger.close();
  await provider.close();
});

/** Every test may fail as often as one source may, and may have keys fetched. */
beforeEach(() => {
  clock.advance(60_000);
});

const issuer = () => new URL(provider.url).origin;

const environment = () => ({
  LEDGER_AUTH: 'jwt',
  LEDGER_JWT_ISSUER: issuer(),
  LEDGER_JWT_AUDIENCE: AUDIENCE,
});

function serveProvider(discovery: object = {}, keys: readonly JWK[] = [publicJwk, rsa.publicJwk]): void {
  provider.serveBy((request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    const document = isDiscovery ? { issuer: issuer(), jwks_uri: provider.url, ...discovery } : { keys };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
}

interface Wish {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: CryptoKey;
}

function token({ header, claims, key = privateKey }: Wish = {}): Promise<string> {
  const payload = {
    iss: issuer(),
    aud: AUDIENCE,
    sub: 'auditor',
    client_id: 'console',
    iat: clock.seconds,
    exp: clock.seconds + 600,
    scope: 'openid ledger:read',
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: 'p1', typ: 'at+jwt', ...header })
    .sign(key);
}

const read = (text: string, service = ledger) =>
  service.client.get('/ledger', { Authorization: `Bearer ${text}` });

describe('an access token of the provider', () => {
  test('lets in with its scopes', async () => {
    const text = await token();
    expect((await read(text)).status).toBe(200);
    const answer = await ledger.client.post('/ledger', 'x', {
      Authorization: `Bearer ${text}`,
      'Content-Type': 'text/plain',
    });
    expectProblem(answer, 'forbidden', 403);
  });

  test.each([
    [
      'RS256, as most providers sign',
      () => token({ header: { alg: 'RS256', kid: 'r1' }, key: rsa.privateKey }),
    ],
    ['the whole media type', () => token({ header: { typ: 'application/at+jwt' } })],
    ['several audiences', () => token({ claims: { aud: ['https://x.example', AUDIENCE] } })],
    ['scp as a list', () => token({ claims: { scope: undefined, scp: ['ledger:read'] } })],
  ])('may have %s', async (_name, make) => {
    expect((await read(await make())).status).toBe(200);
  });

  test('is verified once, until it expires', async () => {
    const text = await token();
    expect((await read(text)).status).toBe(200);
    await provider.down();
    clock.advance(299_000);
    expect((await read(text)).status).toBe(200);
    await provider.up();
    clock.advance(301_000 + 5_000);
    expectProblem(await read(text), 'unauthorized', 401);
  });

  test('may be limited by its claims', async () => {
    const limited = await token({ claims: { ledger_trust_domains: ['elsewhere.example'] } });
    const answer = await ledger.client.get('/log/tile/entries/000.p/1', {
      Authorization: `Bearer ${limited}`,
    });
    expectProblem(answer, 'not-found', 404);
  });
});

describe('a token that is none of the provider for this ledger', () => {
  const none = (text: string) =>
    `${Buffer.from('{"alg":"none","typ":"at+jwt","kid":"p1"}').toString('base64url')}.${text.split('.')[1] ?? ''}.`;
  const hs256 = (text: string, secret: string | Buffer) => {
    const input = `${Buffer.from('{"alg":"HS256","typ":"at+jwt","kid":"p1"}').toString('base64url')}.${text.split('.')[1] ?? ''}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const pem = () =>
    createPublicKey({ key: publicJwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  test.each<[string, () => Promise<string>]>([
    ['signed by somebody else under its kid', () => token({ key: stranger })],
    ['of another issuer', () => token({ claims: { iss: 'https://evil.example' } })],
    ['of an issuer that only begins so', () => token({ claims: { iss: `${issuer()}/` } })],
    ['for another audience', () => token({ claims: { aud: 'https://other.example' } })],
    ['for nobody', () => token({ claims: { aud: undefined } })],
    ['expired', () => token({ claims: { exp: clock.seconds - 6 } })],
    ['without end', () => token({ claims: { exp: undefined } })],
    ['not valid yet', () => token({ claims: { nbf: clock.seconds + 60 } })],
    ['without a subject', () => token({ claims: { sub: undefined } })],
    ['with a subject that breaks lines', () => token({ claims: { sub: 'a\nb' } })],
    ['an ID token', () => token({ header: { typ: 'JWT' } })],
    ['without a type', () => token({ header: { typ: undefined } })],
    ['an ECT', () => ledger.cast.a.sign()],
    ['without a kid', () => token({ header: { kid: undefined } })],
    ['under the kid of a key of another kind', () => token({ header: { kid: 'r1' } })],
    ['with alg none', async () => none(await token())],
    ['with HS256 and the public key as PEM', async () => hs256(await token(), pem())],
    ['with HS256 and the public key as JWK', async () => hs256(await token(), JSON.stringify(publicJwk))],
    ['with its key inside', async () => token({ header: { jwk: publicJwk, kid: 'x' }, key: stranger })],
    [
      'with an address of its key',
      () => token({ header: { jku: 'https://evil.example/jwks.json', kid: 'x' }, key: stranger }),
    ],
    ['limited by what is no list', () => token({ claims: { ledger_workflows: 'all' } })],
    ['limited by what is no workflow', () => token({ claims: { ledger_workflows: ['%'] } })],
    ['altered', async () => (await token()).replace(/\.[^.]+\./, (part) => `${part.slice(0, -2)}x.`)],
  ])('is refused like any other: %s', async (_name, make) => {
    const answer = await read(await make());
    expectProblem(answer, 'unauthorized', 401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="ect-ledger", error="invalid_token"');
  });

  test.each([
    ['without scopes', {}],
    ['with scopes of other services', { scope: 'ledger read ledger:reader xledger:read' }],
    ['with one that is no list', { scope: 'ledger:read,ledger:record' }],
    ['in upper case', { scope: 'LEDGER:READ' }],
  ])('is forbidden %s', async (_name, claims) => {
    expectProblem(await read(await token({ claims: { scope: undefined, ...claims } })), 'forbidden', 403);
  });

  test('with made-up kids causes no storm of fetches', async () => {
    const before = provider.requests;
    const texts = await Promise.all(
      Array.from({ length: 15 }, (_, i) => token({ header: { kid: `made-up-${i}` } })),
    );
    for (const text of texts) expectProblem(await read(text), 'unauthorized', 401);
    expect(provider.requests - before).toBeLessThanOrEqual(2);
  });
});

describe('a provider', () => {
  test.each<[string, () => void]>([
    [
      'is down',
      () => {
        provider.serveBy((_request, response) => response.destroy());
      },
    ],
    [
      'names another issuer',
      () => {
        serveProvider({ issuer: 'https://evil.example' });
      },
    ],
    [
      'sends for its keys to plain http',
      () => {
        serveProvider({ jwks_uri: 'http://keys.example/jwks.json' });
      },
    ],
    [
      'redirects',
      () => {
        provider.serveBy((_request, response) =>
          response.writeHead(302, { location: 'https://evil.example' }).end(),
        );
      },
    ],
    [
      'gives its secret key out',
      () => {
        serveProvider({}, [{ ...publicJwk, d: 'x' }]);
      },
    ],
  ])('that %s makes the answer store-unavailable, and nobody is let in', async (_name, spoil) => {
    spoil();
    const fresh = await startService({ store: 'memory', clock, environment: environment() });
    try {
      expectProblem(await read(await token(), fresh), 'store-unavailable', 503);
    } finally {
      serveProvider();
      await fresh.close();
    }
  });

  test.each<[string, JWK]>([
    ['is not for verifying', { key_ops: [] }],
    ['is for encryption', { use: 'enc' }],
    ['is for another algorithm', { alg: 'ES384' }],
    ['is no point of its curve', { x: 'AAAA' }],
  ])('lets nobody in by a key that %s', async (kid, members) => {
    serveProvider({}, [publicJwk, { ...publicJwk, kid, ...members }]);
    expectProblem(await read(await token({ header: { kid } })), 'unauthorized', 401);
  });

  test('rotates its keys without a restart', async () => {
    const next = await generateKeyPair('ES256', { extractable: true });
    serveProvider({}, [publicJwk, { ...(await exportJWK(next.publicKey)), kid: 'p2' }]);
    expect((await read(await token({ header: { kid: 'p2' }, key: next.privateKey }))).status).toBe(200);
  });
});
