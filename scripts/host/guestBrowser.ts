import type { Browser } from 'playwright-core';
import type { TranscriptStrings } from '../../client/transcript/strings.ts';
import { launchBrowser } from './browser.ts';
import { englishStrings } from './englishStrings.ts';
import { buildGuest, GuestPage, type GuestOptions } from './guestPage.ts';

/** A browser that pages of the guest are opened in, each in a context of its own. */
export class GuestBrowser implements AsyncDisposable {
  readonly browser: Browser;
  /** The texts of its pages. */
  readonly strings: TranscriptStrings;
  readonly #files: ReadonlyMap<string, Buffer>;

  private constructor(browser: Browser, strings: TranscriptStrings, files: ReadonlyMap<string, Buffer>) {
    this.browser = browser;
    this.strings = strings;
    this.#files = files;
  }

  static async launch(): Promise<GuestBrowser> {
    const [strings, files] = await Promise.all([englishStrings(), buildGuest()]);
    return new GuestBrowser(await launchBrowser(), strings, files);
  }

  open(options: Omit<GuestOptions, 'files' | 'strings'>): Promise<GuestPage> {
    return GuestPage.open(this.browser, { ...options, files: this.#files, strings: this.strings });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.browser.close();
  }
}
