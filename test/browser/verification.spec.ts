import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { ReceiptJson } from '../../src/domain/log/receipt.js';
import { ExplorerUnderTest } from '../support/browser.js';
import type { EntryJson } from '../support/client.js';

let explorer: ExplorerUnderTest;

beforeAll(async () => {
  explorer = await ExplorerUnderTest.start({ LEDGER_STORE: 'memory' });
});

afterEach(async () => {
  await explorer.closePages();
  expect(explorer.complaints.splice(0)).toEqual([]);
});

afterAll(() => explorer.stop());

const ALL = [
  'key',
  'token-signature',
  'entry',
  'token',
  'leaf',
  'inclusion',
  'checkpoint',
  'origin',
  'signature',
  'pin',
];

const openTask = (): Promise<Page> =>
  explorer.open(`#/workflows/${explorer.demo.wid}?focus=${explorer.jtiOf('build_release_artifact')}`);

async function verify(page: Page): Promise<Readonly<Record<string, string>>> {
  await page.getByRole('button', { name: 'Verify in this browser' }).click();
  await page.getByRole('button', { name: 'Verify in this browser' }).isEnabled();
  await page.locator('.verdict').waitFor();
  const steps = await page.locator('.step').all();
  const outcomes = steps.map(async (step) => [
    (await step.getAttribute('data-step')) ?? '',
    (await step.getAttribute('data-outcome')) ?? '',
  ]);
  return Object.fromEntries(await Promise.all(outcomes)) as Record<string, string>;
}

/** Serves something else than the ledger does. */
async function tamper<Body>(page: Page, path: string, change: (body: Body) => Body): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change((await response.json()) as Body) });
  });
}

const flip = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString('base64');
};

/** The leaf of another token. */
const withOtherDigest = (leaf: string): string =>
  Buffer.from(
    Buffer.from(leaf, 'base64')
      .toString('utf8')
      .replace(/\n.{43}\n/, `\n${'A'.repeat(43)}\n`),
  ).toString('base64');

const failedOf = (outcomes: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(outcomes).filter((name) => outcomes[name] === 'failed');

describe('a genuine task', () => {
  test('passes every step', async () => {
    const page = await openTask();
    expect(await verify(page)).toEqual(Object.fromEntries(ALL.map((name) => [name, 'passed'])));
    await page.getByText('Genuine: everything was checked here').waitFor();
  });

  test('passes again when the log has grown', async () => {
    const page = await openTask();
    await verify(page);
    const { cast } = explorer.installation;
    await explorer.installation.current.client.recorded(await cast.a.sign());
    expect(failedOf(await verify(page))).toEqual([]);
  });
});

const receiptPath = '**/receipt*';
const entryPath = /\/ledger\/[0-9a-f-]{36}(\?|$)/;

describe('a broken proof is shown as broken', () => {
  test.each<[step: string, change: (receipt: ReceiptJson) => ReceiptJson]>([
    ['leaf', (receipt) => ({ ...receipt, leaf_hash: flip(receipt.leaf_hash) })],
    ['inclusion', (receipt) => ({ ...receipt, inclusion_path: receipt.inclusion_path.map(flip) })],
    ['inclusion', (receipt) => ({ ...receipt, index: receipt.index - 1 })],
    ['checkpoint', (receipt) => ({ ...receipt, root_hash: flip(receipt.root_hash) })],
    ['origin', (receipt) => ({ ...receipt, origin: 'example.com/other' })],
    [
      'signature',
      (receipt) => ({
        ...receipt,
        checkpoint: receipt.checkpoint.replace(/\S+\n$/, (base64) => `${flip(base64)}\n`),
      }),
    ],
    ['token', (receipt) => ({ ...receipt, leaf: withOtherDigest(receipt.leaf) })],
    ['receipt', (receipt) => ({ ...receipt, leaf: '!' })],
  ])('%s', async (step, change) => {
    const page = await openTask();
    await tamper(page, receiptPath, change);
    expect(failedOf(await verify(page))).toContain(step);
    await page.getByText('Broken: do not rely on this entry').waitFor();
  });

  test('key: another one than the leaf names', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const page = await openTask();
    await tamper<object>(page, '**/keys/*', (key) => ({ ...key, jwk: publicKey.export({ format: 'jwk' }) }));
    expect(failedOf(await verify(page))).toEqual(['key', 'token-signature']);
  });

  test('token signature: of a token that was changed', async () => {
    const page = await openTask();
    await tamper<EntryJson>(page, '**/ledger/*', (entry) => {
      const [header = '', , signature = ''] = entry.ect.split('.');
      const payload = Buffer.from(JSON.stringify({ ...entry.claims, exec_act: 'nothing' })).toString(
        'base64url',
      );
      return { ...entry, ect: `${header}.${payload}.${signature}` };
    });
    await page.reload();
    expect(failedOf(await verify(page))).toEqual(['token-signature', 'entry', 'token']);
  });

  test('entry: the ledger shows something else than was signed', async () => {
    const page = await openTask();
    await page.route(entryPath, async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        json: { ...((await response.json()) as object), pol_decision: 'rejected' },
      });
    });
    expect(failedOf(await verify(page))).toEqual(['entry']);
  });
});

describe("the log's key", () => {
  test('that differs from the one seen first is not believed until it is accepted', async () => {
    const page = await openTask();
    const vkey = 'localhost/ect-ledger+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    await page.evaluate(`localStorage.setItem('ect-ledger.vkeys', '${vkey}')`);
    expect(failedOf(await verify(page))).toContain('pin');
    await page.getByRole('button', { name: 'Accept the new key' }).click();
    await page.getByText('Genuine: everything was checked here').waitFor();
  });
});

describe('what is handed out', () => {
  test('are the receipt and the same request for other tools', async () => {
    const page = await openTask();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download receipt' }).click(),
    ]);
    const jti = explorer.jtiOf('build_release_artifact');
    expect(download.suggestedFilename()).toBe(`receipt-${jti}.json`);
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const curl = await page.evaluate('navigator.clipboard.readText()');
    expect(curl).toBe(`curl -s '${explorer.url}/ledger/${jti}/receipt?wid=${explorer.demo.wid}'`);
    await page.getByRole('button', { name: 'Copy as CLI' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('npx ect-ledger verify receipt');
  });
});
