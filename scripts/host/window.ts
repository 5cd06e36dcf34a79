import type { Browser, BrowserContext, Page, ViewportSize } from 'playwright-core';

import type { VsCodeServer } from './vscodeServer.ts';
import { Workbench } from './workbench.ts';
import { isPageNoise, isWorkbenchNoise } from './workbenchNoise.ts';

export interface WindowOptions {
  /** A folder, or a `.code-workspace` file. Without it the window is empty. */
  readonly folder?: string;
  /** Honoured only by a server with the smoke-test driver. */
  readonly extensionDevelopmentPath?: string;
  readonly viewport?: ViewportSize;
  readonly timeoutMs?: number;
  /** Runs in every frame, before its own scripts. */
  readonly initScript?: string;
}

/** One VS Code window: a page in a browser context of its own, with an extension host of its own. */
export interface VsCodeWindow {
  readonly page: Page;
  readonly workbench: Workbench;
  /** What the page logged as errors, without what every window logs. */
  readonly consoleErrors: readonly string[];
  /** Closes the window as a person does; the extension is deactivated. Unsaved editors are given up. */
  close(): Promise<void>;
  /** Ends the window without notice. Its extension host finds out and ends some seconds later. */
  kill(): Promise<void>;
}

export interface SuiteOptions extends WindowOptions {
  readonly extensionDevelopmentPath: string;
  /** A module the extension host can load, exporting `run()`. */
  readonly extensionTestsPath: string;
}

export interface SuiteResult {
  /** 0 when `run()` succeeded. */
  readonly code: number;
  /** The extension host's console, one entry per call, as `level: text`. */
  readonly log: readonly string[];
}

const WINDOW_LIMIT_MS = 60_000;
const SUITE_LIMIT_MS = 120_000;
const DEFAULT_VIEWPORT = { width: 1280, height: 800 };

export async function openWindow(
  browser: Browser,
  server: VsCodeServer,
  options: WindowOptions = {},
): Promise<VsCodeWindow> {
  const context = await newContext(browser, options);
  try {
    const page = await context.newPage();
    const consoleErrors = collectConsoleErrors(page);
    await page.goto(windowUrl(server, options, []));
    const workbench = new Workbench(page);
    await workbench.whenReady(options.timeoutMs ?? WINDOW_LIMIT_MS);
    return { page, workbench, consoleErrors, close: () => closePage(page), kill: () => context.close() };
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** Runs a suite inside the extension host of a new window. A suite that fails is a result, not an exception. */
export async function runSuite(
  browser: Browser,
  server: VsCodeServer,
  options: SuiteOptions,
): Promise<SuiteResult> {
  const context = await newContext(browser, options);
  const limit = options.timeoutMs ?? SUITE_LIMIT_MS;
  const log: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const page = await context.newPage();
    const consoleErrors = collectConsoleErrors(page);
    await page.exposeFunction('codeAutomationLog', (level: string, args: readonly unknown[]) => {
      const text = args.map(asText).join(' ');
      if (!isWorkbenchNoise(text)) {
        log.push(`${level}: ${text}`);
      }
    });
    const exit = new Promise<number>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error([why, ...log, ...consoleErrors].join('\n')));
      timer = setTimeout(() => fail(`The suite did not end within ${limit} ms. It printed:`), limit);
      page.once('crash', () => fail('The page crashed. The suite printed:'));
      // Exposing returns when the page can call it; a rejection there means the page is gone.
      page.exposeFunction('codeAutomationExit', resolve).catch(reject);
    });
    const url = windowUrl(server, options, [['extensionTestsPath', options.extensionTestsPath]]);
    const [code] = await Promise.all([exit, page.goto(url)]);
    return { code, log };
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A context closed at once would leave the extension host waiting for its window to come back. */
async function closePage(page: Page): Promise<void> {
  page.on('dialog', (dialog) => {
    // Fails only when the page is gone, which is what is wanted.
    dialog.accept().catch(() => {});
  });
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  await page.context().close();
}

async function newContext(browser: Browser, options: WindowOptions): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: options.viewport ?? DEFAULT_VIEWPORT });
  if (options.initScript !== undefined) await context.addInitScript({ content: options.initScript });
  return context;
}

function windowUrl(
  server: VsCodeServer,
  options: WindowOptions,
  extraPaths: readonly (readonly [string, string])[],
): string {
  const url = new URL(server.url);
  if (options.folder === undefined) {
    url.searchParams.set('ew', 'true');
  } else {
    url.searchParams.set(options.folder.endsWith('.code-workspace') ? 'workspace' : 'folder', options.folder);
  }
  const payload: [string, string][] = [['skipWelcome', 'true']];
  if (options.extensionDevelopmentPath !== undefined) {
    if (!server.smokeTestDriver) {
      throw new Error(
        'extensionDevelopmentPath is ignored silently unless the server has smokeTestDriver: true',
      );
    }
    payload.push(['enableProposedApi', '']);
    for (const [name, path] of [
      ['extensionDevelopmentPath', options.extensionDevelopmentPath],
      ...extraPaths,
    ] as const) {
      payload.push([name, remoteUri(server, path)]);
    }
  }
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

function remoteUri(server: VsCodeServer, path: string): string {
  return `vscode-remote://127.0.0.1:${server.port}${encodeURI(path)}`;
}

function collectConsoleErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !isPageNoise(message)) {
      errors.push(message.text());
    }
  });
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  return errors;
}
