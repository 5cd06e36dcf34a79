import type { Frame, Locator, Page } from 'playwright-core';

import { Dialog } from './dialog.ts';
import { eventually } from './eventually.ts';
import { Notifications } from './notifications.ts';
import { QuickInput } from './quickInput.ts';
import { Sidebar } from './sidebar.ts';
import { Terminal } from './terminal.ts';
import type { TextMatch } from './text.ts';

export interface EditorTab {
  readonly label: string;
  readonly active: boolean;
  readonly dirty: boolean;
}

/** A VS Code window as a person sees and uses it. */
export class Workbench {
  readonly page: Page;
  readonly sidebar: Sidebar;
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly dialog: Dialog;
  readonly terminal: Terminal;

  constructor(page: Page) {
    this.page = page;
    this.sidebar = new Sidebar(page);
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page, this.quickInput);
    this.dialog = new Dialog(page);
    this.terminal = new Terminal(page);
  }

  /** Until the window can be used. Extensions come a second or two later; what they show has to be waited for. */
  async whenReady(timeoutMs: number): Promise<void> {
    await this.page.locator('.activitybar .action-item').first().waitFor({ timeout: timeoutMs });
    await this.page.locator('.statusbar .statusbar-item').first().waitFor({ timeout: timeoutMs });
  }

  /** Runs a command from the palette, by its full title: `Lockstep: New Session`. */
  async palette(commandTitle: string): Promise<void> {
    await this.quickInput.runCommand(commandTitle);
  }

  /** The item whose text, or what a screen reader says of it, contains the text. It can be waited for and clicked. */
  statusBarItem(text: TextMatch): Locator {
    const items = this.page.locator('.statusbar a.statusbar-item-label');
    const spoken = items.and(this.page.getByLabel(text));
    return items.filter({ hasText: text }).or(spoken).filter({ visible: true });
  }

  async editorTabs(): Promise<EditorTab[]> {
    return this.page.locator('.editor .tabs-container .tab').evaluateAll((tabs) =>
      tabs.map((tab) => ({
        label: tab.querySelector('.label-name')?.textContent ?? '',
        active: tab.classList.contains('active'),
        dirty: tab.classList.contains('dirty'),
      })),
    );
  }

  /** The tab with this label; it can be waited for, clicked and looked at. */
  editorTab(label: TextMatch): Locator {
    return this.page.locator('.editor .tabs-container .tab').filter({ hasText: label });
  }

  /** The lines of the active text editor that are on the screen. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.editor-group-container.active .view-lines .view-line');
    await lines.first().waitFor();
    const placed = await lines.evaluateAll((all) =>
      all.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' })),
    );
    // Lines are in the page in the order they were drawn, and with no-break spaces.
    const sorted = placed.toSorted((a, b) => a.top - b.top);
    return sorted.map(({ text }) => text.replaceAll('\u{a0}', ' ')).join('\n');
  }

  /** The document of the webview on the screen that contains the selector; a webview is a frame within a frame. */
  async webview(selector: string): Promise<Frame> {
    const find = async (): Promise<Frame | undefined> => {
      for (const frame of this.page.frames()) {
        if (await shows(frame, selector)) {
          return frame;
        }
      }
      return undefined;
    };
    const frame = await eventually(find, (found) => found !== undefined, {
      what: `a webview with ${selector}`,
    });
    if (frame === undefined) {
      throw new Error('unreachable: only a frame is accepted above');
    }
    return frame;
  }

  /** How long an extension took to activate, in milliseconds, as VS Code itself measured it. */
  async activationTime(extension: string): Promise<number> {
    await this.palette('Developer: Show Running Extensions');
    const row = this.page
      .locator('.runtime-extensions-editor .monaco-list-row')
      .filter({ hasText: extension });
    const text = await row.first().innerText();
    const found = /Activation: (\d+)ms/.exec(text)?.[1];
    if (found === undefined) throw new Error(`No activation time in ${JSON.stringify(text)}`);
    return Number(found);
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path, animations: 'disabled' });
  }
}

async function shows(frame: Frame, selector: string): Promise<boolean> {
  if (frame.parentFrame() === null) {
    return false;
  }
  // A frame may be gone, or replaced, while it is asked.
  return frame
    .locator(selector)
    .first()
    .isVisible()
    .catch(() => false);
}
