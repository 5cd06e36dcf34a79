import type { Locator, Page } from 'playwright-core';

import type { QuickInput } from './quickInput.ts';
import type { TextMatch } from './text.ts';

export interface Notification {
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly buttons: readonly string[];
}

/**
 * What the extension told the user. Read from the notifications centre, which holds toasts that are gone as well, and
 * also those that a server with the smoke-test driver never shows.
 */
export class Notifications {
  readonly #page: Page;
  readonly #quickInput: QuickInput;

  constructor(page: Page, quickInput: QuickInput) {
    this.#page = page;
    this.#quickInput = quickInput;
  }

  /** Those there now. To wait for one, use `item`. */
  async list(): Promise<Notification[]> {
    await this.openCentre();
    return this.#items.evaluateAll((items) =>
      items.map((item) => {
        const has = (name: string): boolean => item.querySelector(`.codicon-${name}`) !== null;
        const buttons = item.querySelectorAll('.notification-list-item-buttons-container .monaco-button');
        return {
          severity: has('error') ? 'error' : has('warning') ? 'warning' : 'info',
          message: item.querySelector('.notification-list-item-message')?.textContent ?? '',
          buttons: [...buttons].map((button) => button.textContent ?? ''),
        };
      }),
    );
  }

  /** Opens the centre and waits until it has a notification with this text, which is returned. */
  async item(text: TextMatch): Promise<Locator> {
    await this.openCentre();
    const item = this.#items.filter({ hasText: text }).first();
    await item.waitFor();
    return item;
  }

  /** Answers a notification. */
  async press(text: TextMatch, button: string): Promise<void> {
    const item = await this.item(text);
    await item.getByRole('button', { name: button, exact: true }).click();
  }

  /** The toast with this text; there is never one on a server with the smoke-test driver. */
  toast(text: TextMatch): Locator {
    return this.#page.locator('.notification-toast').filter({ hasText: text });
  }

  async clear(): Promise<void> {
    await this.#quickInput.runCommand('Notifications: Clear All Notifications');
    await this.#centre.waitFor({ state: 'hidden' });
  }

  async openCentre(): Promise<void> {
    if (!(await this.#centre.isVisible())) {
      await this.#quickInput.runCommand('Notifications: Show Notifications');
      await this.#centre.waitFor();
    }
  }

  /** While the centre is open there are no toasts. */
  async closeCentre(): Promise<void> {
    if (await this.#centre.isVisible()) {
      await this.#centre.getByRole('button', { name: 'Hide Notifications' }).click();
      await this.#centre.waitFor({ state: 'hidden' });
    }
  }

  get #centre(): Locator {
    return this.#page.locator('.notifications-center.visible');
  }

  get #items(): Locator {
    return this.#centre.locator('.monaco-list-row');
  }
}
