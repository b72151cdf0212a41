import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { faultOfKeyUrl } from '../../src/keys/download.js';
import { RemoteJwks } from '../../src/keys/remote-jwks.js';
import { isJsonObject } from '../../src/domain/strict-json.js';
import { KeyServer } from '../support/key-server.js';
import { TestClock } from '../support/service.js';

const MINUTE_MS = 60_000;
const COOLDOWN_MS = 10_000;
const STALE_MS = 60 * MINUTE_MS;

let server: KeyServer;
let clock: TestClock;
let faults: (string | undefined)[];
let remote: RemoteJwks<ReadonlySet<string>>;

/** The set of the `kid`s, so that these tests are about fetching alone. */
function parseKids(document: unknown): Promise<ReadonlySet<string>> {
  const keys = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) return Promise.reject(new Error('is no JWK Set'));
  return Promise.resolve(new Set(keys.map(({ kid }: { kid: string }) => kid)));
}

const keysOf = (...kids: string[]) => ({ keys: kids.map((kid) => ({ kid })) });
const find = async (kid: string) => remote.find((kids) => (kids.has(kid) ? kid : undefined));
const refused = expect.objectContaining({ code: 'store-unavailable', extras: { retryAfterSeconds: 10 } });

describe('RemoteJwks', () => {
  beforeEach(async () => {
    server = await KeyServer.start();
    server.serve(keysOf('one'));
    clock = new TestClock();
    faults = [];
    remote = new RemoteJwks({
      name: 'https://issuer.example',
      url: new URL(server.url),
      parse: parseKids,
      clock,
      staleMs: STALE_MS,
      onFetch: (_name, fault) => faults.push(fault),
    });
  });

  afterEach(() => server.close());

  it('fetches when first asked, once for all who ask meanwhile, and answers from memory then', async () => {
    expect(remote.state).toEqual({ fetchedAtMs: undefined, failingSinceMs: undefined, isUsable: false });
    expect(await Promise.all([find('one'), find('one'), find('one')])).toEqual(['one', 'one', 'one']);
    expect(remote.find((kids) => kids.size)).toBe(1);
    expect(server.requests).toBe(1);
    expect(faults).toEqual([undefined]);
    expect(remote.state).toEqual({ fetchedAtMs: clock.nowMs(), failingSinceMs: undefined, isUsable: true });
  });

  it('fetches again for a missing key, but random keys cause one fetch per cooldown', async () => {
    await find('one');
    server.serve(keysOf('one', 'two'));
    expect(await find('two')).toBeUndefined();
    clock.advance(COOLDOWN_MS);
    expect(await find('two')).toBe('two');
    expect(server.requests).toBe(2);
    clock.advance(COOLDOWN_MS);
    const random = Array.from({ length: 200 }, (_, at) => find(`random-${at}`));
    expect(new Set(await Promise.all(random))).toEqual(new Set([undefined]));
    for (let at = 0; at < 50; at++) await find(`another-${at}`);
    expect(server.requests).toBe(3);
  });

  it('drops a key that is gone when the set gets old, refreshing behind the requests at first', async () => {
    await find('one');
    server.serve(keysOf('two'));
    clock.advance(5 * MINUTE_MS);
    expect(remote.find((kids) => (kids.has('one') ? 'one' : undefined))).toBe('one');
    await remote.refresh();
    expect(server.requests).toBe(2);
    expect(await find('two')).toBe('two');
    server.serve(keysOf('three'));
    clock.advance(10 * MINUTE_MS);
    expect(await find('two')).toBeUndefined();
    expect(server.requests).toBe(3);
  });

  it('uses the last good set for the configured time while the endpoint is down, and recovers', async () => {
    await find('one');
    await server.down();
    clock.advance(10 * MINUTE_MS);
    const downAtMs = clock.nowMs();
    expect(await find('one')).toBe('one');
    expect(remote.state).toEqual({
      fetchedAtMs: downAtMs - 10 * MINUTE_MS,
      failingSinceMs: downAtMs,
      isUsable: true,
    });
    await expect(find('two')).rejects.toEqual(refused); // it may well be there
    clock.advance(STALE_MS - 1);
    expect(await find('one')).toBe('one');
    clock.advance(1);
    await expect(find('one')).rejects.toEqual(refused);
    expect(remote.state).toMatchObject({ failingSinceMs: downAtMs, isUsable: false });
    await server.up();
    clock.advance(COOLDOWN_MS);
    expect(await find('one')).toBe('one');
    expect(remote.state).toMatchObject({ failingSinceMs: undefined, isUsable: true });
  });

  it('does not hammer an endpoint that is down', async () => {
    server.serveBy((_request, response) => response.writeHead(500).end());
    for (let at = 0; at < 20; at++) await expect(find('one')).rejects.toEqual(refused);
    expect(server.requests).toBe(1);
    expect(faults).toEqual(['answered 500 instead of 200']);
    server.serve(keysOf('one'));
    clock.advance(COOLDOWN_MS);
    expect(await find('one')).toBe('one');
  });

  it.each<[string, Parameters<KeyServer['serveBy']>[0], RegExp]>([
    ['redirects', (_, response) => response.writeHead(302, { location: server.url }).end(), /answered 302/],
    ['is not found', (_, response) => response.writeHead(404).end('{"keys":[]}'), /answered 404/],
    ['is no JSON', (_, response) => response.end('<html>'), /^answered no JSON/],
    ['names a member twice', (_, response) => response.end('{"keys":[],"keys":[]}'), /^answered no JSON/],
    ['is no JWK Set', (_, response) => response.end('{"kid":"one"}'), /^is no JWK Set$/],
    ['is not UTF-8', (_, response) => response.end(Buffer.of(0xff, 0xfe)), /./],
    ['is huge', (_, response) => response.end(Buffer.alloc(512 * 1024 + 1, ' ')), /more than 524288 bytes/],
    ['breaks off', (_, response) => (response.write('{'), response.destroy()), /./],
    [
      'has an end before its length',
      (_, r) => (r.writeHead(200, { 'content-length': 90 }), r.end('{"keys":[]}')),
      /./,
    ],
  ])('keeps the last good set when the answer %s', async (_, answer, fault) => {
    await find('one');
    server.serveBy(answer);
    clock.advance(COOLDOWN_MS);
    await expect(find('two')).rejects.toEqual(refused);
    expect(server.requests).toBe(2);
    expect(faults.at(-1)).toMatch(fault);
    expect(await find('one')).toBe('one');
  });

  it('stops reading an endless answer', async () => {
    let sent = 0;
    server.serveBy((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) sent += 65_536;
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    await expect(find('one')).rejects.toEqual(refused);
    expect(faults).toEqual(['answered more than 524288 bytes']);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('gives up on an endpoint that drips', async () => {
    server.serveBy((_request, response) => {
      const timer = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(timer));
    });
    await expect(find('one')).rejects.toEqual(refused);
    expect(faults).toEqual(['no complete answer within 5 s']);
  }, 15_000);

  it('trusts no certificate that nobody vouches for', async () => {
    const stranger = await KeyServer.start(); // from here on, this process trusts the stranger only
    await expect(find('one')).rejects.toEqual(refused);
    expect(faults[0]).toMatch(/certificate/);
    await stranger.close();
  });
});

describe('faultOfKeyUrl', () => {
  it.each([
    'https://issuer.example/jwks.json',
    'http://127.0.0.1:8080/jwks',
    'http://127.8.9.1/jwks',
    'http://localhost/jwks',
    'http://[::1]:1/jwks',
  ])('lets %s pass', (url) => {
    expect(faultOfKeyUrl(url)).toBeUndefined();
  });

  it.each([
    ['jwks.json', 'absolute URL'],
    ['http://issuer.example/jwks', 'https:'],
    ['http://127.0.0.1.example/jwks', 'https:'],
    ['http://localhost.example/jwks', 'https:'],
    ['http://10.0.0.1/jwks', 'https:'],
    ['file:///etc/passwd', 'https:'],
    ['data:application/json,{}', 'https:'],
    ['https://user:word@issuer.example/', 'password'],
  ])('refuses %s', (url, reason) => {
    expect(faultOfKeyUrl(url)).toContain(reason);
  });
});
