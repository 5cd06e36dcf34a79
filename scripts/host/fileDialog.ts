import type { Locator, Page } from 'playwright-core';

import { eventually } from './eventually.ts';

/** VS Code's own dialog for files, which it shows where there is no system's: a box for a path, and what is in its folder. */
export class FileDialog {
  readonly #widget: Locator;
  readonly #box: Locator;

  constructor(page: Page) {
    this.#widget = page.locator('.quick-input-widget');
    this.#box = this.#widget.filter({ has: page.getByPlaceholder('Folder path') });
  }

  /** Waits until it is open, and offers a path that ends so: it first shows the folder alone, then the name. */
  async offers(end: string): Promise<void> {
    await this.#whenOpen();
    await eventually(
      () => this.#input.inputValue(),
      (path) => path.endsWith(end),
      { what: `a path that ends with ${end}` },
    );
  }

  /** Gives a path. One that exists has to be confirmed when something is saved: see `replace`. */
  async choose(path: string): Promise<void> {
    await this.#whenOpen();
    await this.#input.fill(path);
    // Its name is what the extension calls the act: OK, Open, Import.
    await this.#box.locator('.quick-input-action .monaco-button').first().click();
    await this.#box.waitFor({ state: 'hidden' });
  }

  /** Confirms that a file which exists is to be replaced. */
  async replace(): Promise<void> {
    await this.#asksToReplace();
    await this.#press('OK');
    await this.#widget.waitFor({ state: 'hidden' });
  }

  /** Backs out instead, first of the question, then of the dialog. */
  async keep(): Promise<void> {
    await this.#asksToReplace();
    await this.#press('Cancel');
    await this.#whenOpen();
    await this.#input.press('Escape');
    await this.#widget.waitFor({ state: 'hidden' });
  }

  async #asksToReplace(): Promise<void> {
    await this.#widget.locator('.quick-input-title').filter({ hasText: 'already exists' }).waitFor();
  }

  async #press(button: string): Promise<void> {
    await this.#widget.getByRole('button', { name: button, exact: true }).click();
  }

  /** What is typed before its folder is listed would be written over. */
  async #whenOpen(): Promise<void> {
    await this.#box.locator('.quick-input-list .monaco-list-row').first().waitFor();
  }

  get #input(): Locator {
    return this.#box.locator('.quick-input-box input');
  }
}
