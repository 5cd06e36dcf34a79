import { errors, type Locator, type Page } from 'playwright-core';

import { containing, wholly, type TextMatch } from './text.ts';

export interface QuickPickRow {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** The box at the top of the window: the command palette, quick picks and input boxes. */
export class QuickInput {
  readonly #page: Page;
  readonly #widget: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#widget = page.locator('.quick-input-widget');
  }

  /**
   * Waits until the box asks this: its title, placeholder, prompt or validation message. One box serves all questions,
   * so between two steps wait for the next question; filling at once would still answer the last one.
   */
  async asks(text: TextMatch): Promise<void> {
    const said = this.#widget.locator('.quick-input-title, .quick-input-message').filter({ hasText: text });
    const placeholder = this.#widget.getByPlaceholder(text);
    await said.or(placeholder).filter({ visible: true }).first().waitFor();
  }

  async fill(text: string): Promise<void> {
    await this.#input.fill(text);
  }

  async value(): Promise<string> {
    return this.#input.inputValue();
  }

  async accept(): Promise<void> {
    await this.#input.press('Enter');
  }

  async cancel(): Promise<void> {
    await this.#input.press('Escape');
    await this.whenClosed();
  }

  async whenClosed(): Promise<void> {
    await this.#widget.waitFor({ state: 'hidden' });
  }

  /** The prompt of an input box, or why its value is not accepted. Use `asks` to wait for one. */
  async message(): Promise<string> {
    return this.#widget.locator('.quick-input-message').innerText();
  }

  async title(): Promise<string> {
    return this.#widget.locator('.quick-input-title').innerText();
  }

  /** All rows of the list. Those that need scrolling are reached by paging, so another row may be the active one then. */
  async rows(): Promise<QuickPickRow[]> {
    await this.#rows.first().waitFor();
    const found = new Map<number, QuickPickRow>();
    for (;;) {
      const visible = await this.#readRows();
      for (const { index, row } of visible) {
        found.set(index, row);
      }
      if (visible.length === 0 || found.size >= (visible[0]?.total ?? 0)) {
        return [...found].toSorted(([a], [b]) => a - b).map(([, row]) => row);
      }
      const active = visible.find((row) => row.active)?.index ?? -1;
      await this.#input.press('PageDown');
      await this.#rows.and(this.#page.locator(`.focused:not([data-index="${active}"])`)).waitFor();
    }
  }

  /** Waits until the list offers this row: it comes some time after its question. */
  async offers(text: TextMatch): Promise<void> {
    await this.#row(text).first().waitFor();
  }

  /** Chooses the row with exactly this label, or whose text matches the pattern; typing first is up to the caller. */
  async choose(text: TextMatch): Promise<void> {
    await this.#row(text).first().click();
  }

  /** Ticks or clears the row in a list of several choices. */
  async toggle(text: TextMatch): Promise<void> {
    await this.#row(text).first().locator('.monaco-checkbox').click();
  }

  /**
   * Opens the command palette with something typed. A box that is still closing would take the new one with it: its end
   * is waited for, and where it came between the key and the text, the key is pressed again.
   */
  async openPalette(query: string): Promise<void> {
    for (let triesLeft = 3; ; triesLeft--) {
      await this.whenClosed();
      await this.#page.keyboard.press('F1');
      try {
        await this.#input.fill(`>${query}`, { timeout: 5_000 });
        return;
      } catch (error) {
        if (!(error instanceof errors.TimeoutError) || triesLeft === 0) throw error;
      }
    }
  }

  /**
   * Runs a command as the palette shows it, category included: `Lockstep: New Session`. Commands come into the palette
   * when the extension is known to the window, and an open palette does not learn of them; so it is opened again.
   */
  async runCommand(title: string, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      await this.openPalette(title);
      try {
        await this.#row(title).first().click({ timeout: 2_000 });
        return;
      } catch (error) {
        if (!(error instanceof errors.TimeoutError)) {
          throw error;
        }
        await this.cancel();
        if (Date.now() > deadline) {
          throw new Error(`The palette had no command '${title}' for ${timeoutMs} ms`, { cause: error });
        }
      }
    }
  }

  /**
   * The commands whose titles contain the query, as the palette lists them. Nothing there takes two seconds to tell:
   * it looks the same as not there yet.
   */
  async paletteTitles(query: string): Promise<string[]> {
    // First a query without a result, so that the rows read below cannot be those from before.
    await this.openPalette('\u{2603}\u{2603}');
    await this.#row('No matching commands').waitFor();
    await this.fill(`>${query}`);
    const found = this.#rows.filter({ hasText: containing(query) }).first();
    const any = await found.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
    const titles = any ? (await this.rows()).map((row) => row.label) : [];
    await this.cancel();
    return titles.filter((title) => containing(query).test(title));
  }

  get #input(): Locator {
    return this.#widget.locator('.quick-input-box input');
  }

  get #rows(): Locator {
    return this.#widget.locator('.quick-input-list .monaco-list-row');
  }

  #row(text: TextMatch): Locator {
    return typeof text === 'string'
      ? this.#rows.filter({ has: this.#page.locator('.label-name', { hasText: wholly(text) }) })
      : this.#rows.filter({ hasText: text });
  }

  async #readRows(): Promise<{ index: number; total: number; active: boolean; row: QuickPickRow }[]> {
    return this.#rows.evaluateAll((rows) =>
      rows.map((row) => {
        const text = (selector: string): string => row.querySelector(selector)?.textContent?.trim() ?? '';
        return {
          index: Number(row.getAttribute('data-index')),
          total: Number(row.getAttribute('aria-setsize')),
          active: row.classList.contains('focused'),
          row: {
            label: text('.label-name'),
            description: text('.label-description'),
            detail: text('.quick-input-list-label-meta'),
          },
        };
      }),
    );
  }
}
