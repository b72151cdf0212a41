import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { ExplorerUnderTest } from '../support/browser.js';

let explorer: ExplorerUnderTest;

beforeAll(async () => {
  explorer = await ExplorerUnderTest.start({ LEDGER_STORE: 'memory' });
});

afterEach(async () => {
  await explorer.closePages();
  expect(explorer.complaints.splice(0)).toEqual([]);
});

afterAll(() => explorer.stop());

const record = async (wid: string, parents: readonly string[] = []): Promise<string> => {
  const { current, cast } = explorer.installation;
  const entry = await current.client.recorded(await cast.a.sign({ wid, parents: [...parents] }));
  return entry.jti;
};

const isLive = (page: Page) => page.locator('.live-live').waitFor();

describe('a page that is open', () => {
  test('shows a workflow that begins meanwhile', async () => {
    const page = await explorer.open();
    await isLive(page);
    const wid = randomUUID();
    await record(wid);
    await page
      .locator('tbody tr')
      .filter({ hasText: wid.slice(0, 8) })
      .waitFor();
  });

  test('shows the tasks that a workflow gains, in table and graph', async () => {
    const wid = randomUUID();
    const first = await record(wid);
    const page = await explorer.open(`#/workflows/${wid}?view=table`);
    await isLive(page);
    const second = await record(wid, [first]);
    await page.locator('tbody tr').nth(1).waitFor();
    await page.getByRole('button', { name: 'Graph' }).click();
    await page.locator('canvas[data-painted="2"]').waitFor();
    await record(wid, [second]);
    await page.locator('canvas[data-painted="3"]').waitFor();
  });

  test('stands still while it is paused, and catches up', async () => {
    const page = await explorer.open();
    await isLive(page);
    await page.getByRole('button', { name: 'Stop following' }).click();
    await page.getByText('Paused').waitFor();
    const other = await explorer.open();
    await isLive(other);
    const wid = randomUUID();
    await record(wid);
    const rowOn = (shown: Page) => shown.locator('tbody tr').filter({ hasText: wid.slice(0, 8) });
    await rowOn(other).waitFor();
    const row = rowOn(page);
    expect(await row.count()).toBe(0);
    await page.getByRole('button', { name: 'Follow the ledger' }).click();
    await isLive(page);
    await row.waitFor();
  });

  test('says when it has lost the ledger, and finds it again without a gap', async () => {
    const page = await explorer.open();
    await isLive(page);
    await page.getByRole('button', { name: 'Stop following' }).click();
    await page.route('**/events', (route) => route.abort());
    await page.getByRole('button', { name: 'Follow the ledger' }).click();
    await page.getByText('Reconnecting').waitFor();
    const wid = randomUUID();
    await record(wid);
    await page.unroute('**/events');
    await isLive(page);
    await page
      .locator('tbody tr')
      .filter({ hasText: wid.slice(0, 8) })
      .waitFor();
  });
});
