import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TokenClient, Tokens } from '../support/access.js';
import { ExplorerUnderTest } from '../support/browser.js';
import type { EntryJson } from '../support/client.js';

let explorer: ExplorerUnderTest;
let reader: string;
let admin: string;
let recorder: string;
let auditor: string;
let expired: string;

beforeAll(async () => {
  const tokens = await Tokens.create();
  reader = await tokens.add('reader', ['ledger:read']);
  admin = await tokens.add('admin', ['ledger:record', 'ledger:read', 'ledger:admin']);
  recorder = await tokens.add('recorder', ['ledger:record']);
  auditor = await tokens.add('auditor', ['ledger:read'], {
    limits: { trust_domains: ['audit-lab.example'] },
  });
  expired = await tokens.add('expired', ['ledger:read'], { expires_at: '2026-11-23T00:00:01.000Z' });
  const environment = { LEDGER_STORE: 'memory', LEDGER_AUTH: 'token', LEDGER_TOKENS_FILE: tokens.file };
  explorer = await ExplorerUnderTest.start(environment, admin);
});

afterEach(async () => {
  await explorer.closePages();
  expect(explorer.complaints.splice(0)).toEqual([]);
});

afterAll(() => explorer.stop());

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Bearer token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const rows = (page: Page) => page.locator('tbody tr');

describe('a ledger that asks for a token', () => {
  test('shows nothing without one, nor with a wrong or an expired one', async () => {
    const page = await explorer.open();
    for (const token of [`${reader.slice(0, -2)}AA`, expired]) {
      await signIn(page, token);
      await page.getByRole('alert').getByText('does not accept').waitFor();
      expect(await rows(page).count()).toBe(0);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('alert').waitFor({ state: 'detached' });
    }
  });

  test('shows what there is to a reader, follows the ledger, and forgets when told to', async () => {
    const page = await explorer.open();
    await signIn(page, reader);
    await rows(page).waitFor();
    await page.locator('.live-live').waitFor();
    await page.reload();
    await rows(page).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer token').waitFor();
    expect(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])')).not.toContain(
      'ectl_',
    );
  });

  test('says what a token lacks, and takes another', async () => {
    const page = await explorer.open();
    await signIn(page, recorder);
    await page.getByRole('alert').getByText('needs the scope ledger:read').waitFor();
    await page.getByRole('button', { name: 'Use another token' }).click();
    await signIn(page, reader);
    await rows(page).waitFor();
  });

  test('shows a limited reader their part, found by issuer, which can be verified', async () => {
    const page = await explorer.open();
    await signIn(page, auditor);
    const own = explorer.demo.nodes.filter(({ iss }) => iss.includes('audit-lab.example'));
    await page.locator('td[data-label="Tasks"]').getByText(String(own.length), { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('code-generator');
    await page.getByText('Nothing found').waitFor();
    await page.getByRole('searchbox').fill('security-scanner');
    await page.getByText('1 shown, by 1 matching issuer').waitFor();
    await rows(page).getByRole('link').click();
    await page.locator(`canvas[data-painted="${own.length}"]`).waitFor();
    await page.goto(
      `${explorer.url}/#/workflows/${explorer.demo.wid}?focus=${explorer.jtiOf('approve_release')}`,
    );
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.getByText('Genuine: everything was checked here').waitFor();
  });
});

describe('a key that is revoked', () => {
  beforeAll(async () => {
    const client = new TokenClient(explorer.url, admin);
    const { body } = await client.get<EntryJson>(`/ledger/${explorer.jtiOf('analyse_code')}`);
    const revocation = await client.post(
      `/keys/${body.jkt}/revocation`,
      JSON.stringify({ reason: 'stolen' }),
      { 'Content-Type': 'application/json' },
    );
    expect(revocation.status).toBe(201);
  });

  test('marks the workflow in the list, and in it every task of the key', async () => {
    const page = await explorer.open();
    await signIn(page, reader);
    await rows(page).getByText('key revoked').waitFor();
    const { wid, nodes } = explorer.demo;
    const focus = explorer.jtiOf('analyse_code');
    await page.goto(`${explorer.url}/#/workflows/${wid}?view=table&focus=${focus}`);
    const byKey = nodes.filter(({ iss }) => iss.endsWith('/code-analyst'));
    await rows(page).getByText('key revoked').first().waitFor();
    expect(await rows(page).filter({ hasText: 'key revoked' }).count()).toBe(byKey.length);
    await page.locator('.summary').getByText(`${byKey.length} by revoked keys`).waitFor();
    await page.locator('.panel-head').getByText('key revoked').waitFor();
    await page.getByRole('button', { name: 'Graph' }).click();
    await page
      .getByRole('status')
      .getByText(/^analyse_code, .* its key is revoked/)
      .waitFor({ state: 'attached' });
  });
});
