import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { writeTrustFile } from '../support/cast.js';
import { Installation } from '../support/installation.js';
import { postmasterPid, runService } from '../support/spawned-service.js';

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.prepare();
});

beforeEach(() => writeTrustFile(installation.trustFile, installation.cast));

afterAll(() => installation.remove());

describe('a start that cannot work', () => {
  test('on a port that is taken says so, exits 1 and stops its database', async () => {
    const { client } = await installation.start({ LEDGER_STORE: 'memory' });
    const { code, output } = await runService({
      ...installation.environment,
      PORT: new URL(client.url).port,
    });
    expect(code).toBe(1);
    expect(output).toContain('EADDRINUSE');
    expect(await postmasterPid(installation.dataDir)).toBeUndefined();
  }, 60_000);

  test('on a data directory that is in use says so, exits 1 and leaves the other alone', async () => {
    const { client } = await installation.start();
    const { code, output } = await runService(installation.environment);
    expect(code).toBe(1);
    expect(output).toContain('another ect-ledger is already running on this data directory');
    expect(await client.recorded(await installation.cast.a.sign())).toMatchObject({ index: 1 });
  }, 60_000);

  test('with a broken configuration lists all of it, tells no secret and exits 78', async () => {
    const { code, output } = await runService({
      ...installation.environment,
      PORT: '99999',
      DATABASE_URL: 'mysql://user:secret@host/db',
      LEDGER_STORE: 'paper',
      ECT_ALGORITHMS: 'ES256,HS256',
      ECT_MAX_BYTES: '16 KiB',
      LEDGER_QUEUE_LIMIT: '0',
      LEDGER_RATE_LIMIT: '0',
      TRUST_PROXY: '0.0.0.0/0',
      DATABASE_PASSWORD_FILE: '/no/such/file',
    });
    expect(code).toBe(78);
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'LEDGER_STORE',
      'ECT_ALGORITHMS',
      'ECT_MAX_BYTES',
      'LEDGER_QUEUE_LIMIT',
      'LEDGER_RATE_LIMIT',
      'TRUST_PROXY',
      'DATABASE_PASSWORD_FILE',
    ])
      expect(output).toMatch(new RegExp(`^ *- ${name}[^a-z]`, 'm'));
    expect(output).not.toContain('secret');
    expect(output).not.toMatch(/\n\s+at /);
  });

  test('with a broken trust file lists all of it and exits 78', async () => {
    const issuers = [
      { iss: 'no uri', jwks: { keys: [] } },
      { iss: 'urn:b' },
      { iss: 'urn:c', jwks_file: 'none.json' },
    ];
    await writeFile(installation.trustFile, JSON.stringify({ issuers }));
    const { code, output } = await runService({ ...installation.environment, LEDGER_STORE: 'memory' });
    expect(code).toBe(78);
    for (const place of ['issuers/0', 'issuers/1', 'issuers/2']) expect(output).toContain(place);
  });

  test('without its database says so, tells no secret and exits 1', async () => {
    const DATABASE_URL = 'postgresql://ledger:secret@127.0.0.1:1/ledger';
    const { code, output } = await runService({ ...installation.environment, DATABASE_URL });
    expect(code).toBe(1);
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toContain('secret');
  });

  test('with a variable that looks like a typo warns and starts', async () => {
    const { output } = await installation.start({ LEDGER_STORE: 'memory', LEDGER_QUEUE_LIMITS: '5' });
    expect(output()).toContain('LEDGER_QUEUE_LIMITS');
  });
});

test('SIGHUP reads the trust file again; a broken one changes nothing', async () => {
  const { client, send, output } = await installation.start({ LEDGER_STORE: 'memory' });
  const file = installation.trustFile;
  const { a, b, stranger } = installation.cast;
  const compact = await stranger.sign();
  expect(await client.record(compact)).toMatchObject({ status: 403 });
  await writeTrustFile(file, { a: stranger, b, stranger: a });
  send('SIGHUP');
  while ((await client.record(compact)).status !== 201) await delay(10);
  expect(await client.record(await a.sign())).toMatchObject({ status: 403 });
  await writeFile(file, '{');
  send('SIGHUP');
  while (!output().includes('the trust file is broken')) await delay(10);
  expect(await client.recorded(await stranger.sign())).toMatchObject({ index: 2 });
});

describe('a stop while the service starts', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'leaves no database running: %s',
    async (name) => {
      const other = await Installation.prepare();
      const { code, output } = await runService(other.environment, async ({ send }) => {
        while ((await postmasterPid(other.dataDir)) === undefined) await delay(5);
        send(name);
        send(name);
      });
      expect(code).toBe(0);
      expect(output).not.toContain('is listening');
      expect(await postmasterPid(other.dataDir)).toBeUndefined();
      const service = await other.start();
      expect(await service.client.recorded(await other.cast.a.sign())).toMatchObject({ index: 1 });
      await other.remove();
    },
    60_000,
  );
});
