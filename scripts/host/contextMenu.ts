import type { Page } from 'playwright-core';

import { wholly } from './text.ts';

/**
 * Chooses from the context menu that is open. With hover and Enter, not a click: a menu ignores the mouse button for
 * its first 100 ms, so that the release of the right button that opened it chooses nothing, and a click in that time
 * is lost without a trace.
 */
export async function chooseFromContextMenu(page: Page, item: string): Promise<void> {
  const menu = page.locator('.monaco-menu');
  const entry = menu
    .locator('.action-item')
    .filter({ has: page.locator('.action-label', { hasText: wholly(item) }) });
  await entry.hover();
  await entry.and(page.locator('.focused')).waitFor();
  // Pressed on the entry itself: a menu that closed by itself meanwhile is an error here, not a key for the list below.
  await entry.locator('.action-menu-item').press('Enter');
  await menu.waitFor({ state: 'hidden' });
}
