import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nodeCrypto, parseReceipt, parseVkey, type ReceiptJson, verifyReceipt } from '../../src/index.js';
import { type Answer, type EntryJson, expectProblem, faultsAt } from '../support/client.js';
import { IndependentLogReader, type ReadLog } from '../support/independent-log-reader.js';
import { STORES, startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';

interface Given {
  readonly how: string;
  readonly receipt: ReceiptJson;
  readonly ect: string;
}

interface Recorded extends Partial<EntryJson> {
  readonly status: number;
  readonly entry?: Recorded;
  readonly receipt: ReceiptJson;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';

describe.each(STORES)('proofs (%s)', (store) => {
  let folder: string;
  let ledger: TestService;
  let vkey: string;
  let log: ReadLog;
  const given: Given[] = [];

  beforeAll(async () => {
    folder = await makeTempDir();
    ledger = await startService({ store, environment: { DATA_DIR: folder } });
    const { body } = await ledger.client.get<{ keys: { vkey: string }[] }>('/.well-known/jwks.json');
    vkey = body.keys[0]?.vkey ?? '';
    await recordInEveryWay();
    await recordMany(140);
    await recordMany(140);
    const reader = new IndependentLogReader(`${ledger.client.url}/log`, vkey);
    log = await reader.readLog(await reader.checkpoint());
  });

  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  const keep = (how: string, ect: string, body: unknown) => {
    given.push({ how, ect, receipt: (body as Recorded).receipt });
  };

  async function recordInEveryWay(): Promise<void> {
    const { client, cast } = ledger;
    const [one, minimal, named, whole, bare] = [
      await cast.a.sign(),
      await cast.a.sign(),
      await cast.b.sign(),
      await cast.a.sign(),
      await cast.b.sign(),
    ];
    const first = await client.record(one);
    keep(`${first.status}`, one, first.body);
    const again = await client.record(one);
    keep(`${again.status}`, one, again.body);
    keep('minimal', minimal, (await client.record(minimal, { Prefer: 'return=minimal' })).body);
    const header = { method: 'POST', headers: { 'Execution-Context': named } };
    keep('header', named, (await client.request('/ledger', header)).body);
    const [entry] = (await client.recordBatch([whole])).body.results as readonly unknown[] as Recorded[];
    keep('batch', whole, entry?.entry);
    const results = (await client.recordBatch([bare], '?entries=false')).body.results;
    keep('batch without entries', bare, results[0]);
  }

  async function recordMany(count: number): Promise<void> {
    const ects = await Promise.all(Array.from({ length: count }, () => ledger.cast.a.sign()));
    const { body } = await ledger.client.recordBatch(ects, '?entries=false');
    for (const [at, ect] of ects.entries()) keep(`batch of ${count}`, ect, body.results[at]);
  }

  const signedSizes = () => new Set(given.map(({ receipt }) => receipt.tree_size));
  const binary = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${ledger.client.url}/log/${path}`, { headers });
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const base64 = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('base64'));

  test('every way to record answers with a receipt', () => {
    const ways = ['201', '200', 'minimal', 'header', 'batch', 'batch without entries'];
    expect(given.slice(0, 6).map(({ how, receipt }) => ({ how, origin: receipt.origin }))).toEqual(
      ways.map((how) => ({ how, origin: 'localhost/ect-ledger' })),
    );
  });

  test('every receipt verifies offline with the published key, for its own token only', async () => {
    const keys = [await parseVkey(vkey, nodeCrypto.sha256)];
    for (const { how, receipt, ect } of given) {
      const read = parseReceipt(receipt);
      const { steps } = await verifyReceipt(read, { keys, ect }, nodeCrypto);
      expect({ how, outcomes: steps.map(({ outcome }) => outcome) }).toEqual({
        how,
        outcomes: Array(6).fill('passed'),
      });
      const other = await verifyReceipt(read, { keys, ect: `${ect}A` }, nodeCrypto);
      expect(other.steps.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)).toEqual([
        'token',
      ]);
    }
  });

  test('a stranger who reads the tiles agrees with every receipt', () => {
    expect(log.leaves.length).toBeGreaterThan(256);
    const reader = new IndependentLogReader('', vkey);
    for (const { receipt } of given) {
      const { index, tree_size: size } = receipt;
      const leaf = Buffer.from(receipt.leaf, 'base64');
      const path = receipt.inclusion_path.map((hash) => Buffer.from(hash, 'base64'));
      log.checkProof({ index, size, leaf, path });
      log.checkGrewFrom(reader.openCheckpoint(receipt.checkpoint));
    }
  });

  test('the checkpoint is text, of the newest size and not cached', async () => {
    const answer = await ledger.client.get('/log/checkpoint');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const newest = given.at(-1)?.receipt;
    expect(answer.text).toBe(newest?.checkpoint);
    expect(answer.text.split('\n').slice(0, 2)).toEqual(['localhost/ect-ledger', String(log.leaves.length)]);
  });

  test('GET /ledger/{jti}/receipt answers for the newest size or a signed one', async () => {
    const [{ receipt, ect } = { receipt: undefined, ect: '' }] = given;
    const { jti } = JSON.parse(Buffer.from(ect.split('.')[1] ?? '', 'base64url').toString()) as EntryJson;
    const newest = await ledger.client.get<ReceiptJson>(`/ledger/${jti}/receipt`);
    expect(newest.body).toMatchObject({ index: receipt?.index, tree_size: log.leaves.length });
    expect(newest.headers.get('vary')).toMatch(/accept/i);
    for (const size of signedSizes()) {
      const answer = await ledger.client.get<ReceiptJson>(`/ledger/${jti}/receipt?size=${size}`);
      expect(answer).toMatchObject({ status: 200, body: { tree_size: size } });
      const path = answer.body.inclusion_path.map((hash) => Buffer.from(hash, 'base64'));
      log.checkProof({ index: answer.body.index, size, leaf: Buffer.from(answer.body.leaf, 'base64'), path });
    }
    const unsigned = [1, log.leaves.length - 1, log.leaves.length + 1];
    for (const size of unsigned)
      expectProblem(await ledger.client.get(`/ledger/${jti}/receipt?size=${size}`), 'not-found', 404);
    const wrong = await ledger.client.get(`/ledger/${jti}/receipt?size=0`);
    expectProblem(wrong, 'invalid-request', 400, faultsAt('/query/size'));
  });

  test('a .tlog-proof holds the same proof as the receipt', async () => {
    const ect = given[3]?.ect ?? '';
    const { jti } = JSON.parse(Buffer.from(ect.split('.')[1] ?? '', 'base64url').toString()) as EntryJson;
    const { body } = await ledger.client.get<ReceiptJson>(`/ledger/${jti}/receipt`);
    const proof = await ledger.client.get(`/ledger/${jti}/receipt`, { Accept: 'text/plain' });
    expect(proof.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const lines = ['c2sp.org/tlog-proof@v1', `index ${body.index}`, ...body.inclusion_path];
    expect(proof.text).toBe(`${lines.join('\n')}\n\n${body.checkpoint}`);
  });

  test('the tiles and bundles of every signed size are served, and may be kept for ever', async () => {
    for (const size of [...signedSizes(), 256]) {
      for (const { level, name, begin, width } of lastTiles(size)) {
        const { response, bytes } = await binary(`tile/${level}/${name}`);
        expect({ name, status: response.status }).toEqual({ name, status: 200 });
        expect(response.headers.get('content-type')).toBe('application/octet-stream');
        expect(response.headers.get('cache-control')).toBe(IMMUTABLE);
        expect(bytes).toEqual(expectedTile(log, level, begin, width));
        const etag = response.headers.get('etag') ?? '';
        const cached = await binary(`tile/${level}/${name}`, { 'If-None-Match': etag });
        expect(cached.response.status).toBe(304);
        expect(cached.bytes).toHaveLength(0);
        expect(cached.response.headers.get('etag')).toBe(etag);
      }
    }
  });

  test('a tile is sent once to whoever names it among others, weakly, or takes any', async () => {
    const etag = (await binary('tile/0/000.p/1')).response.headers.get('etag') ?? '';
    const statusFor = async (tags: string) =>
      (await binary('tile/0/000.p/1', { 'If-None-Match': tags })).response.status;
    for (const tags of [`"x", ${etag}`, `W/${etag}`, '*']) expect(await statusFor(tags)).toBe(304);
    for (const tags of ['"x"', etag.slice(1), '']) expect(await statusFor(tags)).toBe(200);
  });

  test.each([
    '0/0',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/x000/000',
    '00/000',
    '64/000',
    '0/000/',
    '0/001.p/255',
    '0/999',
    '2/000.p/1',
    'data/000',
    'entries/1',
    'entries/999',
    'Entries/000',
  ])('no other path is a tile: %s', async (path) => {
    expectProblem(await ledger.client.get(`/log/tile/${path}`), 'not-found', 404);
  });

  test('inclusion proofs are those of RFC 9162 for every index and size', async () => {
    const bounds = fc.integer({ min: 1, max: log.leaves.length });
    const cases = bounds.chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));
    await fc.assert(
      fc.asyncProperty(cases, async ([index, size]) => {
        const { body } = await ledger.client.get(`/log/proof/inclusion?index=${index}&size=${size}`);
        expect(body).toEqual({
          index,
          size,
          leaf_hash: log.leafHashes[index]?.toString('base64'),
          path: base64(inclusionPath(log, index, { begin: 0, end: size })),
          root_hash: log.rootAt(size).toString('base64'),
        });
      }),
      { numRuns: 40 },
    );
  });

  test('consistency proofs are those of RFC 9162 for every pair of sizes', async () => {
    const bounds = fc.integer({ min: 1, max: log.leaves.length });
    const cases = bounds.chain((second) =>
      fc.tuple(fc.integer({ min: 0, max: second }), fc.constant(second)),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([first, second]) => {
        const { body } = await ledger.client.get(`/log/proof/consistency?first=${first}&second=${second}`);
        const path = first === 0 ? [] : consistencyPath(log, first, { begin: 0, end: second }, true);
        expect(body).toEqual({ first, second, path: base64(path) });
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['inclusion?index=0&size=100000', '/query/size'],
    ['inclusion?index=5&size=5', '/query/index'],
    ['inclusion?index=-1&size=5', '/query/index'],
    ['inclusion?index=0', '/query/size'],
    ['inclusion?index=0&size=1&sise=1', '/query/sise'],
    ['consistency?first=1&second=100000', '/query/second'],
    ['consistency?first=3&second=2', '/query/first'],
    ['consistency?first=1.5&second=2', '/query/first'],
    ['consistency?second=2', '/query/first'],
  ])('refuses proof/%s and points at the fault', async (path, pointer) => {
    const answer = await ledger.client.get(`/log/proof/${path}`);
    expectProblem(answer, 'invalid-request', 400, faultsAt(pointer));
  });

  test('GET /log/entries/{index} answers with the exact leaf', async () => {
    const genesis = await ledger.client.get<{ leaf: string }>('/log/entries/0');
    expect(genesis.body).toEqual({ index: 0, kind: 'genesis', leaf: expect.any(String) });
    expect(Buffer.from(genesis.body.leaf, 'base64').toString()).toBe(
      `ect-ledger/leaf@v1\ngenesis\nlocalhost/ect-ledger\n${vkey}\n`,
    );
    for (const { receipt, ect } of given.slice(0, 6)) {
      const { body } = await ledger.client.get(`/log/entries/${receipt.index}`);
      const { index, leaf } = receipt;
      expect(body).toMatchObject({ index, kind: 'ect', leaf, entry: { index, ect } });
    }
    expectProblem(await ledger.client.get(`/log/entries/${log.leaves.length}`), 'not-found', 404);
    const wrong: Answer = await ledger.client.get('/log/entries/one');
    expectProblem(wrong, 'invalid-request', 400, faultsAt('/path/index'));
  });
});

interface NamedTile {
  readonly level: number | 'entries';
  readonly name: string;
  readonly begin: number;
  readonly width: number;
}

/** The last tile of each level in a log of that size, and the last bundle. */
function lastTiles(size: number): readonly NamedTile[] {
  return ([0, 1, 'entries'] as const).flatMap((level) => {
    const hashes = level === 1 ? Math.floor(size / 256) : size;
    if (hashes === 0) return [];
    const tile = Math.floor((hashes - 1) / 256);
    const width = hashes - tile * 256;
    const name = `${String(tile).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`;
    return [{ level, name, begin: tile * 256, width }];
  });
}

function expectedTile(log: ReadLog, level: number | 'entries', begin: number, width: number): Buffer {
  const places = Array.from({ length: width }, (_, at) => begin + at);
  if (level !== 'entries') {
    const span = 256 ** level;
    return Buffer.concat(places.map((place) => log.rootOf(place * span, (place + 1) * span)));
  }
  return Buffer.concat(
    log.leaves.slice(begin, begin + width).flatMap((leaf) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(leaf.length);
      return [length, leaf];
    }),
  );
}

interface Range {
  readonly begin: number;
  readonly end: number;
}

/** RFC 9162 §2.1.3.1, word for word. */
function inclusionPath(log: ReadLog, index: number, { begin, end }: Range): readonly Buffer[] {
  if (end - begin === 1) return [];
  const middle = begin + splitOf(end - begin);
  return index < middle
    ? [...inclusionPath(log, index, { begin, end: middle }), log.rootOf(middle, end)]
    : [...inclusionPath(log, index, { begin: middle, end }), log.rootOf(begin, middle)];
}

/** SUBPROOF of RFC 9162 §2.1.4.1, word for word; `first` counts from `begin`. */
function consistencyPath(
  log: ReadLog,
  first: number,
  { begin, end }: Range,
  isWhole: boolean,
): readonly Buffer[] {
  if (first === end - begin) return isWhole ? [] : [log.rootOf(begin, end)];
  const split = splitOf(end - begin);
  const middle = begin + split;
  return first <= split
    ? [...consistencyPath(log, first, { begin, end: middle }, isWhole), log.rootOf(middle, end)]
    : [...consistencyPath(log, first - split, { begin: middle, end }, false), log.rootOf(begin, middle)];
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}
