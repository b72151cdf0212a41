import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { ExplorerUnderTest } from '../support/browser.js';
import { Fingers } from '../support/fingers.js';

let explorer: ExplorerUnderTest;

beforeAll(async () => {
  explorer = await ExplorerUnderTest.start();
});

afterEach(async () => {
  await explorer.closePages();
  expect(explorer.complaints.splice(0)).toEqual([]);
});

afterAll(() => explorer.stop());

const workflow = (query = '') => `#/workflows/${explorer.demo.wid}${query}`;
const heading = (page: Page) => page.locator('.panel h2').innerText();

describe('the page', () => {
  test('comes from the ledger alone and runs nothing inline', async () => {
    const page = await explorer.open('', { serviceWorkers: 'block' });
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    const response = await page.reload();
    await page.locator('tbody tr').waitFor();
    expect([...hosts]).toEqual([explorer.url]);
    expect(response?.headers()['content-security-policy']).not.toContain('unsafe');
    expect(response?.headers()['cache-control']).toBe('no-cache');
    expect(await page.locator('script:not([src]), style, [onclick]').count()).toBe(0);
  });

  test('loads less than 250 kB', async () => {
    const page = await explorer.open();
    await page.locator('tbody tr').waitFor();
    const total = await page.evaluate<number>(
      "performance.getEntriesByType('resource').reduce((sum, { transferSize }) => sum + transferSize, 0)",
    );
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(250_000);
  });
});

describe('the list', () => {
  test('shows a workflow with its count, its issuers and what was rejected', async () => {
    const page = await explorer.open();
    const row = page.locator('tbody tr').first();
    await row.locator('.badge-rejected').waitFor();
    const text = await row.innerText();
    expect(text).toContain(String(explorer.demo.nodes.length));
    expect(text.replaceAll(/\s/g, '')).toContain(explorer.demo.wid);
    expect(text).toContain('release-officer');
  });

  test('is searched by issuer, and by the name of a workflow or of a task', async () => {
    const page = await explorer.open();
    const search = page.getByRole('searchbox');
    await search.fill('AUDIT-lab');
    await page.getByText('1 shown, by 2 matching issuers').waitFor();
    await search.fill('nobody');
    await page.getByText('Nothing found').waitFor();
    await search.fill(explorer.jtiOf('analyse_code'));
    await search.press('Enter');
    await page.waitForURL(/focus=/);
    expect(await heading(page)).toBe('analyse_code');
    await page.goBack();
    await page.getByRole('searchbox').fill(explorer.demo.wid);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.waitForURL(new RegExp(`#/workflows/${explorer.demo.wid}$`));
  });

  test('says that the ledger does not know a name', async () => {
    const page = await explorer.open();
    await page.getByRole('searchbox').fill(randomUUID());
    await page.getByRole('searchbox').press('Enter');
    await page.getByText('has neither a workflow nor a task').waitFor();
  });

  test('says so when nothing is recorded yet', async () => {
    const page = await explorer.open('#/tasks');
    await page.route('**/workflows?*', (route) => route.fulfill({ json: { workflows: [], next: null } }));
    await page.getByRole('link', { name: 'Workflows', exact: true }).first().click();
    await page.getByText('Nothing is recorded yet').waitFor();
  });
});

describe('a workflow', () => {
  test('is drawn, and an arrow leads to its first task', async () => {
    const page = await explorer.open(workflow());
    await page.locator('canvas[data-painted="11"]').waitFor();
    const graph = page.getByRole('application');
    expect(await graph.getAttribute('aria-label')).toBe('Graph of 11 tasks');
    await graph.focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/focus=/);
    expect(await heading(page)).toBe('review_requirements_spec');
  });

  test('is moved, pinched and touched by fingers', async () => {
    const page = await explorer.open(workflow(), { hasTouch: true, viewport: { width: 360, height: 740 } });
    await page.locator('canvas[data-painted="11"]').waitFor();
    const fingers = await Fingers.on(page);
    const before = await fingers.seen();
    await fingers.move([[{ x: 150, y: 60 }], [{ x: 150, y: 75 }], [{ x: 150, y: 90 }]]);
    // The first pixels only tell a move from a tap.
    await fingers.until(({ top }) => top > before.top + 10);
    await fingers.move([
      [
        { x: 100, y: 150 },
        { x: 200, y: 150 },
      ],
      [
        { x: 125, y: 150 },
        { x: 175, y: 150 },
      ],
    ]);
    await fingers.until(({ width }) => Math.abs(width - before.width / 2) < before.width / 10);
    const { left, top, width } = await fingers.seen();
    // The first task stands alone at the top, in the middle of what it leads to.
    await fingers.tap({ x: left + width / 2, y: top + 3 });
    await page.waitForURL(/focus=/);
  });

  test('has the same in a table', async () => {
    const page = await explorer.open(workflow());
    await page.getByRole('button', { name: 'Table' }).click();
    const actions = await page.locator('tbody th').allInnerTexts();
    expect(actions).toEqual(explorer.demo.nodes.map(({ exec_act }) => exec_act));
    expect(page.url()).toContain('view=table');
  });

  test('shows what led to a task and what came of it, so far as asked', async () => {
    const page = await explorer.open(
      workflow(`?view=table&focus=${explorer.jtiOf('remediate_vulnerable_library')}`),
    );
    const rows = page.locator('tbody tr');
    await page.getByRole('button', { name: 'Ancestry 3' }).click();
    expect(await rows.count()).toBe(4);
    await page.getByLabel('Steps').selectOption('1');
    expect(await page.locator('tbody th').allInnerTexts()).toEqual([
      'scan_for_vulnerabilities',
      'remediate_vulnerable_library',
    ]);
    await page.getByRole('button', { name: /^Descendants/ }).click();
    expect(await page.locator('tbody th').allInnerTexts()).toEqual([
      'remediate_vulnerable_library',
      'verify_remediation',
    ]);
  });

  test('leads along parents and children, and back again', async () => {
    const page = await explorer.open(workflow(`?focus=${explorer.jtiOf('approve_release')}`));
    expect(await heading(page)).toBe('approve_release');
    await page.locator('.task-list').getByRole('link', { name: 'build_release_artifact' }).click();
    await page.getByRole('heading', { name: 'build_release_artifact' }).waitFor();
    expect(await page.locator('.task-list').first().getByRole('link').count()).toBe(4);
    await page.goBack();
    await page.getByRole('heading', { name: 'approve_release' }).waitFor();
  });

  test('comes back as it was left, by its address', async () => {
    const address = workflow(
      `?colour=decision&focus=${explorer.jtiOf('analyse_code')}&trace=ancestry&depth=1&only=1`,
    );
    const page = await explorer.open(address);
    await page.locator('canvas[data-painted="2"]').waitFor();
    expect(await page.getByRole('button', { name: 'Decision' }).getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByLabel('Steps').inputValue()).toBe('1');
    expect(await page.getByLabel('Only these').isChecked()).toBe(true);
  });

  test('is saved as a picture and as a table', async () => {
    const page = await explorer.open(workflow());
    await page.locator('canvas[data-painted]').waitFor();
    const save = async (name: string) => {
      await page.getByText('Export').click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      await page.getByText('Export').click();
      return readFile(await download.path(), 'utf8');
    };
    const svg = await save('Picture (SVG)');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg.match(/<g transform/g)).toHaveLength(2 * 11);
    expect(await save('Graphviz (DOT)')).toMatch(/^digraph /m);
    expect(await save('Mermaid')).toMatch(/flowchart/);
    expect((await save('OpenLineage (NDJSON)')).trim().split('\n')).toHaveLength(11);
    const csv = await save('Table (CSV)');
    expect(csv.split('\r\n')).toHaveLength(11 + 2);
  });

  test('that nobody knows is a problem with a way on', async () => {
    const page = await explorer.open(`#/workflows/${randomUUID()}`);
    await page.getByRole('alert').getByRole('link', { name: 'What this means' }).waitFor();
  });

  test('says when it is only a part', async () => {
    const page = await explorer.open();
    await page.route('**/workflows/*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...((await response.json()) as object), truncated: true } });
    });
    await page.goto(`${explorer.url}/${workflow()}`);
    await page.getByRole('note').getByText('Only the first 10,000 tasks').waitFor();
  });
});

describe('when the ledger does not answer', () => {
  test('the page says so, and tries again when asked', async () => {
    const page = await explorer.open('#/tasks');
    await page.route('**/workflows?*', (route) => route.abort());
    await page.getByRole('link', { name: 'Workflows', exact: true }).first().click();
    await page.getByText('The ledger does not answer').waitFor();
    await page.unroute('**/workflows?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('tbody tr').waitFor();
  });

  test('for want of a token, the page asks for one and sends it', async () => {
    const page = await explorer.open('#/tasks');
    const sent: (string | undefined)[] = [];
    await page.route('**/workflows?*', async (route) => {
      const authorization = route.request().headers()['authorization'];
      sent.push(authorization);
      if (authorization === 'Bearer secret') await route.continue();
      else
        await route.fulfill({
          status: 401,
          json: { code: 'unauthorized', title: 'Unauthorized', detail: '' },
        });
    });
    await page.getByRole('link', { name: 'Workflows', exact: true }).first().click();
    await page.getByLabel('Bearer token').fill('secret');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('tbody tr').waitFor();
    expect(sent).toContain('Bearer secret');
    expect(await page.evaluate('Object.values(localStorage).join()')).not.toContain('secret');
  });
});

describe('what a token says', () => {
  test('is text wherever it is shown', async () => {
    const hostile = '<img src=x onerror="document.title=1">';
    const { cast } = explorer.installation;
    const wid = randomUUID();
    const { client } = explorer.installation.current;
    const token = await cast.a.sign({ wid, execAct: hostile });
    expect((await client.record(token)).status).toBe(201);
    const page = await explorer.open(`#/workflows/${wid}?view=table`);
    expect(await page.locator('tbody th').innerText()).toBe(hostile);
    await page.locator('tbody th a').click();
    expect(await heading(page)).toBe(hostile);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).toMatch(/^Workflow /);
  });
});
