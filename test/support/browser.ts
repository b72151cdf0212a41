import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.mjs';
import { TokenClient } from './access.js';
import type { WorkflowJson, WorkflowsJson } from './client.js';
import { Installation } from './installation.js';

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** A built service in which the demo was played, on an embedded database unless told otherwise, and a browser to look at it. */
export class ExplorerUnderTest {
  private readonly pages: Page[] = [];
  /** What browsers reported of their pages, and no test asked for. */
  readonly complaints: string[] = [];

  private constructor(
    readonly installation: Installation,
    private readonly browser: Browser,
    readonly demo: WorkflowJson,
  ) {}

  /** @param token for a service that asks for one, to play and to read the demo */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    token = '',
  ): Promise<ExplorerUnderTest> {
    const installation = await Installation.prepare();
    const started = await installation.start(environment);
    const client = new TokenClient(started.client.url, token);
    const demoOptions = ['--fast', '--url', client.url, '--trust-file', installation.trustFile];
    await promisify(execFile)(process.execPath, [COMMAND, 'demo', ...demoOptions], {
      env: { ...process.env, DATA_DIR: installation.dataDir, ECT_LEDGER_TOKEN: token },
    });
    const wid = (await client.get<WorkflowsJson>('/workflows')).body.workflows[0]?.wid ?? '';
    const demo = (await client.get<WorkflowJson>(`/workflows/${wid}`)).body;
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error('there is no Chromium: set CHROMIUM_PATH');
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    return new ExplorerUnderTest(installation, browser, demo);
  }

  get url(): string {
    return this.installation.current.client.url;
  }

  /** A fresh browser profile at a place of the explorer, such as `#/workflows/…`. */
  async open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    this.pages.push(page);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // A browser reports every answer that is no success; what the page makes of it is for the tests to see.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
    await page.goto(`${this.url}/${hash}`);
    return page;
  }

  /** The `jti` of a task of the demo. */
  jtiOf(action: string): string {
    const node = this.demo.nodes.find(({ exec_act }) => exec_act === action);
    if (!node) throw new Error(`the demo has no ${action}`);
    return node.jti;
  }

  async closePages(): Promise<void> {
    await Promise.all(this.pages.splice(0).map((page) => page.context().close()));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.installation.remove();
  }
}
