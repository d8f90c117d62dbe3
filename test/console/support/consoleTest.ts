import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestServer } from '../../support/server';
import { ADMIN_KEY } from '../../support/server';
import { startBrowser } from './browser';

interface OpenOptions {
  /** Key that is signed in. Defaults to the administrator's; null shows the sign-in page. */
  readonly key?: string | null;
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Address of the server, if it is reached through a proxy. */
  readonly url?: string;
  /** Errors in the browser's console that the test causes, such as refused requests. */
  readonly expects?: RegExp;
}

export interface ConsoleTest {
  /** Opens a path of the console in a window of its own. */
  open(path: string, options?: OpenOptions): Promise<Page>;
  /** Rules of WCAG 2.2 AA that the page breaks. */
  problems(page: Page): Promise<string[]>;
}

const axe = readFileSync(join(__dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8');
const pictures = join(tmpdir(), 'slipway-console-pictures');

let shared: Promise<Browser> | undefined;

/**
 * A browser for a test file. After each test, fails it if a page had an error, broke its content security policy, or
 * asked another host for anything. Pages of failed tests are kept as pictures.
 */
export function consoleTest(server: TestServer): ConsoleTest {
  const opened: { readonly page: Page; readonly context: BrowserContext; readonly complaints: string[] }[] = [];

  beforeAll(async () => {
    shared ??= startBrowser();
    await shared;
  });
  afterAll(async () => {
    const browser = await shared;
    shared = undefined;
    await browser?.close();
  });
  afterEach(async () => {
    const pages = opened.splice(0);
    const found = pages.flatMap(({ complaints }) => complaints);
    const { currentTestName = 'test' } = expect.getState();
    const failed = found.length > 0 || hasFailed();
    for (const [index, { page, context }] of pages.entries()) {
      if (failed || process.env.SLIPWAY_KEEP_PICTURES) await keep(page, `${currentTestName} ${index + 1}`);
      await context.close();
    }
    if (found.length > 0) throw new Error(`the page complained:\n  ${found.join('\n  ')}`);
  });

  return {
    async open(
      path,
      { key = ADMIN_KEY, scheme = 'light', width = 1440, height = 900, url = server.url, expects } = {},
    ) {
      const browser = await (shared ?? startBrowser());
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-US' });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const complaints: string[] = [];
      opened.push({ page, context, complaints });
      const complain = (text: string) => {
        if (!expects?.test(text)) complaints.push(text);
      };
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          complain(`${message.type()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (!/^(data|blob):$/.test(protocol) && origin !== new URL(url).origin) complain(`asked ${request.url()}`);
      });
      if (key !== null) {
        const statement = `sessionStorage.getItem('slipway.apiKey') ?? sessionStorage.setItem('slipway.apiKey', ${JSON.stringify(key)})`;
        await context.addInitScript({ content: statement });
      }
      await page.goto(`${url}${path}`);
      return page;
    },
    async problems(page) {
      await page.evaluate(axe);
      const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify({ runOnly: rules })})`)) as Found;
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`),
      );
    },
  };
}

/** Jest tells an environment which test failed, but no hook. */
function hasFailed(): boolean {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === 'JEST_STATE_SYMBOL',
  );
  const state =
    symbol && (globalThis as unknown as Record<symbol, { currentlyRunningTest?: { errors: unknown[] } }>)[symbol];
  return (state?.currentlyRunningTest?.errors.length ?? 0) > 0;
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly any: readonly { readonly message: string }[] }[];
  }[];
}

async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const file = join(pictures, `${name.replace(/[^\w]+/g, '-').slice(0, 120)}.png`);
  try {
    await page.screenshot({ path: file, fullPage: false });
    process.stderr.write(`picture of the page: ${file}\n`);
  } catch {
    // The page is gone.
  }
}
