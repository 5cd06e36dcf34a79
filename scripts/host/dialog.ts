import type { Locator, Page } from 'playwright-core';

/** The modal question VS Code asks in the middle of the window. */
export class Dialog {
  readonly #box: Locator;

  constructor(page: Page) {
    this.#box = page.locator('.monaco-dialog-box');
  }

  /** Message, and detail if there is one, each on a line. Waits for the dialog. */
  async text(): Promise<string> {
    const parts = this.#box.locator('.dialog-message-text, .dialog-message-detail').filter({ visible: true });
    await parts.first().waitFor();
    return (await parts.allInnerTexts()).join('\n');
  }

  async buttons(): Promise<string[]> {
    const buttons = this.#box.locator('.dialog-buttons .monaco-button');
    await buttons.first().waitFor();
    return buttons.allInnerTexts();
  }

  async press(button: string): Promise<void> {
    await this.#box.getByRole('button', { name: button, exact: true }).click();
    await this.#box.waitFor({ state: 'hidden' });
  }
}
