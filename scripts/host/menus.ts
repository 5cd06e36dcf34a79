import type { Locator, Page } from 'playwright-core';

import { labelled } from './text.ts';

/** The labels of the entries of the context menu that is open; closes it. */
export async function readContextMenu(page: Page): Promise<string[]> {
  const menu = page.locator('.monaco-menu');
  await menu.waitFor();
  const labels = await labelsOf(menu);
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'hidden' });
  return labels;
}

/** The submenus behind the three dots of a view's title. */
export class ViewMenu {
  readonly #page: Page;
  readonly #pane: Locator;

  constructor(page: Page, pane: Locator) {
    this.#page = page;
    this.#pane = pane;
  }

  /** The labels of a submenu's entries; closes it. */
  async entries(submenu: string): Promise<string[]> {
    const labels = await labelsOf(await this.#open(submenu));
    await this.#close();
    return labels;
  }

  async choose(submenu: string, item: string): Promise<void> {
    const entries = await this.#open(submenu);
    const entry = entries.getByRole('menuitem', { name: item, exact: true });
    await entry.hover();
    // Not a click, which is lost in a menu's first 100 ms.
    await entry.press('Enter');
    await this.#page.locator('.monaco-menu').first().waitFor({ state: 'hidden' });
  }

  /** With the keys alone, as somebody without a mouse does. */
  async #open(submenu: string): Promise<Locator> {
    await this.#pane.hover();
    await this.#pane
      .locator('.pane-header')
      .getByRole('button', { name: labelled('Views and More Actions...') })
      .or(this.#pane.locator('.pane-header .codicon-toolbar-more'))
      .first()
      .press('Enter');
    const entry = this.#page.locator('.monaco-menu').getByRole('menuitem', { name: submenu });
    await entry.press('ArrowRight');
    const entries = this.#page.locator('.monaco-submenu');
    await entries.waitFor();
    return entries;
  }

  async #close(): Promise<void> {
    const menu = this.#page.locator('.monaco-menu').first();
    await this.#page.keyboard.press('Escape');
    if (await menu.isVisible()) await this.#page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
  }
}

async function labelsOf(menu: Locator): Promise<string[]> {
  const labels = await menu.locator('.action-item .action-label:not(.separator)').allInnerTexts();
  return labels.map((label) => label.trim()).filter((label) => label !== '');
}
