import type { Locator, Page } from 'playwright-core';

import type { TextMatch } from './text.ts';

/** The integrated terminal that is in front. */
export class Terminal {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The lines on the screen. */
  async text(): Promise<string> {
    const lines = await this.#rows.locator('> div').allTextContents();
    return lines
      .map((line) => line.replaceAll('\u{a0}', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  async whenShows(text: TextMatch): Promise<void> {
    await this.#rows.filter({ hasText: text }).waitFor();
  }

  /** Types a line. Wait for the prompt first: what is typed before the shell is there may be lost. */
  async enter(line: string): Promise<void> {
    const input = this.#page.locator('.terminal-wrapper.active .xterm-helper-textarea');
    await input.focus();
    await input.pressSequentially(`${line}\n`);
  }

  get #rows(): Locator {
    return this.#page.locator('.terminal-wrapper.active .xterm-rows');
  }
}
