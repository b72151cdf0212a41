import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { ExplorerUnderTest } from '../support/browser.js';

const AXE = createRequire(import.meta.url).resolve('axe-core');

let explorer: ExplorerUnderTest;

beforeAll(async () => {
  explorer = await ExplorerUnderTest.start({ LEDGER_STORE: 'memory' });
});

afterEach(() => explorer.closePages());

afterAll(() => explorer.stop());

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds serious or critical, with the first place. */
async function findings(page: Page): Promise<readonly string[]> {
  const violations = await page.evaluate<readonly Finding[]>(
    'axe.run().then(({ violations }) => violations)',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const workflow = () => `#/workflows/${explorer.demo.wid}`;
const task = () => `${workflow()}?focus=${explorer.jtiOf('scan_for_vulnerabilities')}&trace=both`;

const PLACES: readonly (readonly [name: string, hash: () => string])[] = [
  ['the list', () => ''],
  ['a graph', workflow],
  ['a table', () => `${workflow()}?view=table`],
  ['a task', task],
  ['decisions', () => `${workflow()}?colour=decision`],
  ['nowhere', () => '#/nowhere'],
  ['an unknown workflow', () => '#/workflows/00000000-0000-4000-8000-000000000000'],
];

/** What was found at a place, in both themes and both widths, and how wide it is on a phone. */
async function examine(name: string, hash: string): Promise<object> {
  // Axe is a script that the page's policy would not let in.
  const page = await explorer.open(hash, { bypassCSP: true, reducedMotion: 'reduce' });
  await page.locator('h1, h2').first().waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  if (name === 'a task') {
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.locator('.verdict').waitFor();
  }
  await page.addScriptTag({ path: AXE });
  const found: string[] = [];
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
      found.push(...(await findings(page)).map((one) => `${colorScheme}, ${width}: ${one}`));
    }
  }
  const width = await page.evaluate('document.documentElement.scrollWidth');
  return { found, width };
}

describe('light and dark, wide and narrow', () => {
  test.each(PLACES)(
    'axe finds nothing serious in %s, and nothing stands out over the edge',
    async (name, hash) => {
      expect(await examine(name, hash())).toEqual({ found: [], width: 360 });
    },
  );
});

describe('by keyboard only', () => {
  const press = async (page: Page, ...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const tabTo = async (page: Page, name: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate<string>(
        "`${document.activeElement.getAttribute('aria-label')} ${document.activeElement.textContent}`",
      );
      if (text.includes(name)) return;
    }
    throw new Error(`no Tab leads to ${name}`);
  };

  test('a task is found in the list, reached through the graph and verified', async () => {
    const page = await explorer.open();
    await page.locator('tbody tr').waitFor();
    await press(page, 'Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await tabTo(page, explorer.demo.wid.slice(0, 8));
    await press(page, 'Enter');
    await page.locator('canvas[data-painted]').waitFor();
    await tabTo(page, 'Graph of 11 tasks');
    await press(page, 'ArrowDown', 'ArrowDown');
    await page.getByRole('heading', { name: 'implement_module' }).waitFor();
    // What was reached is said.
    await page
      .getByRole('status')
      .getByText(/^implement_module, number \d+, by /)
      .waitFor({ state: 'attached' });
    await press(page, 'Enter');
    await tabTo(page, 'Verify in this browser');
    await press(page, 'Enter');
    await page.locator('.verdict').waitFor();
    await tabTo(page, 'Download receipt');
  });

  test('the focus is seen', async () => {
    const page = await explorer.open(`#/workflows/${explorer.demo.wid}`);
    await page.locator('canvas[data-painted]').waitFor();
    await tabTo(page, 'Table');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
  });

  test('Escape lets go of a task', async () => {
    const page = await explorer.open(
      `#/workflows/${explorer.demo.wid}?focus=${explorer.jtiOf('analyse_code')}`,
    );
    await page.locator('canvas[data-painted]').waitFor();
    await tabTo(page, 'Graph of 11 tasks');
    await press(page, 'Escape');
    await page.locator('.panel').waitFor({ state: 'detached' });
  });
});

describe('the theme', () => {
  test('is the system’s until another is chosen, which stays', async () => {
    const page = await explorer.open('', { colorScheme: 'dark' });
    const theme = () => page.evaluate('document.documentElement.dataset.theme');
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: /^Colours of the system/ }).click();
    expect(await theme()).toBe('light');
    await page.reload();
    expect(await theme()).toBe('light');
  });
});
