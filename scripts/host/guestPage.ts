import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { TranscriptHeader } from '../../client/transcript/header.ts';
import { panelHtml } from '../../client/transcript/panelHtml.ts';
import type { TranscriptStrings } from '../../client/transcript/strings.ts';
import type { FeedStart, FetchPage } from '../../client/transcript/transcriptFeed.ts';
import { TranscriptHost, type GuestRequest } from '../../client/transcript/transcriptHost.ts';
import type { ThemeName } from './vscodeThemes.ts';
import { themes } from './vscodeThemes.ts';
import { GuestServer } from './guestServer.ts';
import { guestBundles } from '../guestBundles.ts';

/** What the extension's dist folder holds of the guest. */
export async function buildGuest(): Promise<ReadonlyMap<string, Buffer>> {
  const outputs = await Promise.all(
    guestBundles.map((bundle) => build({ ...bundle, outdir: '/', write: false, logLevel: 'silent' })),
  );
  const built = outputs.flatMap(({ outputFiles }) =>
    outputFiles.map(({ path, contents }) => [`/${basename(path)}`, Buffer.from(contents)] as const),
  );
  const codicons = new URL('../../node_modules/@vscode/codicons/dist/', import.meta.url);
  return new Map([
    ...built,
    ['/codicon.css', await readFile(new URL('codicon.css', codicons))],
    ['/codicon.ttf', await readFile(new URL('codicon.ttf', codicons))],
  ]);
}

export interface GuestOptions {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly strings: TranscriptStrings;
  readonly fetchPage: FetchPage;
  readonly header?: TranscriptHeader;
  readonly start?: FeedStart;
  /** Reads the first window before the page is there, as a panel does. */
  readonly prepare?: boolean;
  readonly theme?: ThemeName;
  readonly height?: number;
  /** Runs before the page's own scripts. */
  readonly initScript?: string;
  /** What the browser is like otherwise: its zoom, what it tells of the reader's wishes. */
  readonly browserOptions?: BrowserContextOptions;
  /** Answers what the guest asks for besides the transcript's window; unanswered without it. */
  readonly answer?: (request: GuestRequest, guest: GuestPage) => void;
}

/** The guest in a page of its own, joined to the real host side. VS Code between the two is a stub. */
export class GuestPage implements AsyncDisposable {
  readonly page: Page;
  readonly host: TranscriptHost;
  /** Messages from the guest, in order. */
  readonly sent: unknown[] = [];
  readonly copied: string[] = [];
  /** What the guest asked for besides the transcript's window. */
  readonly requests: GuestRequest[] = [];
  /** Whatever must never happen: errors, violations of the policy, requests, messages that were not understood. */
  readonly problems: unknown[] = [];

  readonly #server: GuestServer;

  private constructor(page: Page, server: GuestServer, options: GuestOptions) {
    this.page = page;
    this.#server = server;
    this.host = new TranscriptHost({
      ref: 'lockstep:test',
      locale: 'en',
      strings: options.strings,
      header: options.header ?? { title: 'Test transcript' },
      fetchPage: options.fetchPage,
      describeError: (error) => ({
        title: 'The transcript could not be read',
        message: error instanceof Error ? error.message : String(error),
        explanation: 'The server may be restarting.',
      }),
      showError: (error) => this.problems.push(error),
      start: options.start ?? { target: 'end', kinds: undefined },
      onRequest: (request) => {
        this.requests.push(request);
        if (request.type === 'copy' && request.text !== undefined) this.copied.push(request.text);
        options.answer?.(request, this);
      },
      post: (message) => server.post(message),
    });
  }

  static async open(browser: Browser, options: GuestOptions): Promise<GuestPage> {
    const context = await browser.newContext({
      viewport: { width: 900, height: options.height ?? 700 },
      timezoneId: 'UTC',
      locale: 'en-GB',
      ...options.browserOptions,
    });
    const page = await context.newPage();
    const server = await GuestServer.start(
      (origin) => new Map<string, string | Buffer>([...options.files, ['/', pageHtml(origin)]]),
    );
    const guest = new GuestPage(page, server, options);
    if (options.prepare === true) guest.host.prepare();
    page.on('pageerror', (error) => guest.problems.push(error));
    page.on('console', (message) => guest.problems.push(message.text()));
    page.on('dialog', (dialog) => guest.problems.push(dialog.message()));
    page.on('popup', (popup) => guest.problems.push(`popup: ${popup.url()}`));
    await context.route('**/*', (route) => {
      if (server.serves(route.request().url())) return route.continue();
      guest.problems.push(`request: ${route.request().url()}`);
      return route.abort();
    });
    await page.exposeFunction('toHost', (message: unknown) => {
      guest.sent.push(message);
      guest.host.receive(message);
    });
    if (options.initScript !== undefined) await page.addInitScript({ content: options.initScript });
    await page.addInitScript(vscodeStub(options.theme ?? 'dark'));
    await page.addInitScript(server.script);
    await page.goto(guest.url);
    return guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.dispose();
    await this.page.context().close();
    await this.#server[Symbol.asyncDispose]();
  }

  /** As when the tab comes to the front again: VS Code makes a new page, and keeps the state. */
  async hideAndShow(): Promise<void> {
    this.host.guestLeft();
    this.#server.forgetPage();
    await this.page.reload();
  }

  get url(): string {
    return `${this.#server.origin}/`;
  }

  get scroller(): Locator {
    return this.page.locator('.scroller');
  }

  item(id: string): Locator {
    return this.page.locator(`.item[data-id="${id}"]`);
  }

  async waitForEnd(): Promise<void> {
    // Not `waitForFunction`, which needs `eval`: the page's policy forbids it.
    await this.page.evaluate(
      `new Promise((done) => {
        const look = () => {
          const s = document.querySelector('.scroller');
          if (s && s.scrollHeight - s.scrollTop - s.clientHeight < 2) done();
          else requestAnimationFrame(look);
        };
        look();
      })`,
    );
  }

  /** As a reader does; returns when the page has noticed. */
  async scrollTo(top: number): Promise<void> {
    await this.page.evaluate(
      `new Promise((done) => {
        const s = document.querySelector('.scroller');
        s.addEventListener('scrollend', () => done(), { once: true });
        s.scrollTop = ${top};
      })`,
    );
  }

  /** The first item in view, and where it is. */
  async firstInView(): Promise<{ readonly id: string; readonly top: number }> {
    return this.page.evaluate<{ id: string; top: number }>(
      `(() => {
        const top = document.querySelector('.scroller').getBoundingClientRect().top;
        const places = [...document.querySelectorAll('.item')].map((item) => [item, item.getBoundingClientRect()]);
        const [item, place] = places.find(([, { bottom }]) => bottom > top);
        return { id: item.dataset.id, top: place.top - top };
      })()`,
    );
  }

  /** Returns when what has happened so far was drawn. */
  async drawn(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
    );
  }

  /** Where an item is drawn, from the top of the view. */
  async topOf(id: string): Promise<number> {
    const [item, scroller] = await Promise.all([this.item(id).boundingBox(), this.scroller.boundingBox()]);
    if (item === null || scroller === null) throw new Error(`${id} is not in the page`);
    return item.y - scroller.y;
  }
}

function pageHtml(origin: string): string {
  const html = panelHtml({
    cspSource: origin,
    nonce: 'dGVzdA==',
    language: 'en',
    script: `${origin}/transcript.js`,
    styles: [`${origin}/codicon.css`, `${origin}/transcript.css`],
  });
  // VS Code's own defaults for webviews come first, before the policy can refuse them.
  const defaults = `<style>body { background-color: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight);
    font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
    code { color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background);
    padding: 1px 3px; border-radius: 4px; }</style>`;
  return html.replace('<head>', `<head>${defaults}`);
}

/** What VS Code itself does in a webview: its API for the page, the theme's variables, the class of the body. */
function vscodeStub(theme: ThemeName): string {
  const { bodyClass, variables } = themes[theme];
  return `
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => void window.toHost(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
    });
    addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective));
    addEventListener('DOMContentLoaded', () => {
      document.body.classList.add('${bodyClass}');
      for (const [name, value] of Object.entries(${JSON.stringify(variables)})) {
        document.documentElement.style.setProperty('--vscode-' + name, value);
      }
    });`;
}
