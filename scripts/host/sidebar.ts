import type { Locator, Page } from 'playwright-core';

import { chooseFromContextMenu } from './contextMenu.ts';
import { eventually } from './eventually.ts';
import { labelled, wholly, type TextMatch } from './text.ts';

/** A row of a tree as it is on the screen. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** What a screen reader says; VS Code makes it from the tooltip unless the extension sets one. */
  readonly ariaLabel: string;
  /** 1 for a root. */
  readonly level: number;
  /** Undefined for a leaf. */
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
  /** The codicon's name, such as `comment-discussion`; undefined for another kind of icon, or none. */
  readonly icon: string | undefined;
}

/** The activity bar and the views in the side bar. */
export class Sidebar {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Shows the view container of that title, unless it is shown already (a second click would hide it). */
  async open(title: string): Promise<void> {
    const label = this.#page.locator('a.action-label').and(this.#page.getByLabel(labelled(title)));
    const tab = this.#page.locator('.activitybar').getByRole('tab').filter({ has: label });
    await tab.waitFor();
    if ((await tab.getAttribute('aria-expanded')) !== 'true') {
      await tab.click();
    }
    await this.#page.locator('.sidebar > .composite.title', { hasText: title }).waitFor();
  }

  /** Drags the side bar's edge, so that rows show more than the beginning of their titles. */
  async widen(pixels: number): Promise<void> {
    const box = await this.#page.locator('.part.sidebar').boundingBox();
    if (box === null) throw new Error('the side bar is not shown');
    const [edge, middle] = [box.x + box.width, box.y + box.height / 2];
    await this.#page.mouse.move(edge, middle);
    await this.#page.mouse.down();
    await this.#page.mouse.move(edge + pixels, middle, { steps: 5 });
    await this.#page.mouse.up();
  }

  /** One view of the container, with its header. */
  view(name: string): Locator {
    return this.#page.locator('.sidebar .pane').filter({ has: this.#header(name) });
  }

  /** Opens a view that is collapsed to its header. */
  async expandView(name: string): Promise<void> {
    const header = this.#header(name);
    if ((await header.getAttribute('aria-expanded')) === 'false') {
      await header.click();
    }
    await this.#page.locator('.sidebar .pane-header.expanded').and(header).waitFor();
  }

  /** Until a view's rows stay as they are: a list that is still coming in gives the row under the mouse to another. */
  async whenStill(view?: string): Promise<void> {
    let last = '';
    let since = Date.now();
    await eventually(
      async () => {
        const now = JSON.stringify(await this.rows(view));
        if (now !== last) [last, since] = [now, Date.now()];
        return Date.now() - since;
      },
      (still) => still > 600,
      { what: 'a list that stays as it is' },
    );
  }

  /** Leaves no more of a view than its header, which gives its room to the others. */
  async collapseView(name: string): Promise<void> {
    const header = this.#header(name);
    if ((await header.getAttribute('aria-expanded')) === 'true') {
      await header.click();
    }
    await this.#page.locator('.sidebar .pane-header:not(.expanded)').and(header).waitFor();
  }

  /**
   * The rows on the screen, now. Rows scrolled out of sight are not in the page at all: give the window a tall
   * viewport when there are many.
   */
  async rows(view?: string): Promise<TreeRow[]> {
    return this.#rows(view).evaluateAll((rows) =>
      rows.map((row) => {
        const text = (selector: string): string => row.querySelector(selector)?.textContent ?? '';
        const icons = row.querySelector('.custom-view-tree-node-item-icon')?.classList ?? [];
        const expanded = row.getAttribute('aria-expanded');
        return {
          label: text('.label-name'),
          description: text('.label-description'),
          ariaLabel: row.getAttribute('aria-label') ?? '',
          level: Number(row.getAttribute('aria-level')),
          expanded: expanded === null ? undefined : expanded === 'true',
          selected: row.getAttribute('aria-selected') === 'true',
          icon: [...icons]
            .find((name) => /^codicon-(?!colored|modifier)/.test(name))
            ?.slice('codicon-'.length),
        };
      }),
    );
  }

  /** The row with exactly this label, or whose label and description match the pattern. Waiting is up to the caller. */
  row(text: TextMatch, view?: string): Locator {
    const rows = this.#rows(view);
    return typeof text === 'string'
      ? rows.filter({ has: this.#page.locator('.label-name', { hasText: wholly(text) }) })
      : rows.filter({ hasText: text });
  }

  async expand(text: TextMatch, view?: string): Promise<void> {
    const row = this.row(text, view);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await row.locator('.monaco-tl-twistie').click();
    }
    await row.and(this.#page.locator('[aria-expanded="true"]')).waitFor();
  }

  /** On the label: the middle of the row may be an inline action. */
  async click(text: TextMatch, view?: string): Promise<void> {
    await this.row(text, view).locator('.label-name').click();
  }

  /** An inline action of a row, which shows while the mouse is over it. */
  async rowAction(text: TextMatch, action: string, view?: string): Promise<void> {
    await this.whenStill(view);
    const row = this.row(text, view);
    await row.hover();
    await row
      .locator('.actions')
      .getByRole('button', { name: labelled(action) })
      .click();
  }

  /** The titles of a row's inline actions. */
  async rowActions(text: TextMatch, view?: string): Promise<string[]> {
    const row = this.row(text, view);
    await row.hover();
    return row.locator('.actions a.action-label').evaluateAll((all) => all.map((one) => one.ariaLabel ?? ''));
  }

  async contextMenu(text: TextMatch, item: string, view?: string): Promise<void> {
    await this.row(text, view).waitFor();
    // A list that is drawn while the menu is open leaves the command without its row.
    await this.whenStill(view);
    await this.row(text, view).locator('.label-name').click({ button: 'right' });
    await chooseFromContextMenu(this.#page, item);
  }

  /** An icon in a view's title bar. A container with a single view shows it in its own title bar instead. */
  async viewAction(view: string, action: string): Promise<void> {
    const pane = this.view(view);
    await pane.hover();
    const containerTitle = this.#page.locator('.sidebar > .composite.title');
    const inHeader = pane.locator('.pane-header').getByRole('button', { name: labelled(action) });
    const inTitle = containerTitle.getByRole('button', { name: labelled(action) });
    await inHeader.or(inTitle).filter({ visible: true }).click();
  }

  /** What an empty view says instead of rows. */
  welcome(view: string): Locator {
    return this.view(view).locator('.welcome-view-content');
  }

  /** The text of `welcome(view)`, one line per paragraph and button. */
  async welcomeText(view: string): Promise<string> {
    return this.welcome(view).innerText();
  }

  /** The message an extension puts above a tree. */
  message(view: string): Locator {
    return this.view(view).locator('.tree-explorer-viewlet-tree-view > .message');
  }

  #rows(view?: string): Locator {
    const scope = view === undefined ? this.#page.locator('.sidebar') : this.view(view);
    return scope.locator('.monaco-list-row');
  }

  #header(name: string): Locator {
    // A description beside the name is in the label as well.
    const titled = this.#page.locator('h3.title', { hasText: wholly(name) });
    return this.#page.locator('.pane-header').filter({ has: titled });
  }
}
