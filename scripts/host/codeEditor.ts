import type { Locator, Page } from 'playwright-core';

import { eventually } from './eventually.ts';
import type { QuickInput } from './quickInput.ts';
import type { TextMatch } from './text.ts';

/** The text editor that is active, as a person types in it. */
export class CodeEditor {
  readonly #page: Page;
  readonly #quickInput: QuickInput;
  readonly #editor: Locator;

  constructor(page: Page, quickInput: QuickInput) {
    this.#page = page;
    this.#quickInput = quickInput;
    this.#editor = page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
  }

  /** Opens a file of the workspace by its name, and waits for its text. */
  async open(name: string): Promise<void> {
    await this.#quickInput.whenClosed();
    await this.#page.keyboard.press('Control+P');
    await this.#quickInput.fill(name);
    await this.#quickInput.offers(name);
    await this.#quickInput.accept();
    await this.#editor.locator('.view-line').first().waitFor();
  }

  /** Puts the cursor there; both count from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.#quickInput.whenClosed();
    await this.#page.keyboard.press('Control+G');
    await this.#quickInput.fill(`:${line}:${column}`);
    await this.#quickInput.accept();
    await this.#quickInput.whenClosed();
    await this.#page.locator('.statusbar').getByText(`Ln ${line}, Col ${column}`).waitFor();
  }

  async press(keys: string): Promise<void> {
    await this.#page.keyboard.press(keys);
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  /** The labels of what can be put in at the cursor, in the order in which they are offered. */
  async suggestions(): Promise<string[]> {
    const rows = this.#page.locator('.suggest-widget.visible .monaco-list-row');
    if (!(await rows.first().isVisible())) await this.press('Control+Space');
    await rows.first().waitFor();
    return rows.locator('.label-name').allInnerTexts();
  }

  /** Puts in the suggestion that is chosen. */
  async acceptSuggestion(): Promise<void> {
    await this.press('Enter');
    await this.#page.locator('.suggest-widget.visible').waitFor({ state: 'hidden' });
  }

  /** What is said of the word at the cursor. */
  async hover(): Promise<string> {
    await this.press('Control+K');
    await this.press('Control+I');
    const hover = this.#page.locator('.monaco-hover:not(.hidden) .hover-contents').filter({ visible: true });
    await hover.first().waitFor();
    const texts = await hover.allInnerTexts();
    await this.press('Escape');
    return texts.join('\n');
  }

  /** The line above a piece of the text that can be clicked, by the words in it. */
  lens(text: TextMatch): Locator {
    return this.#editor.locator('.codelens-decoration a').filter({ hasText: text });
  }

  /** The words of all such lines on the screen, from top to bottom. */
  async lenses(): Promise<string[]> {
    const found = await this.#editor.locator('.codelens-decoration').evaluateAll((all) =>
      all.map((one) => ({
        top: one.getBoundingClientRect().top,
        texts: Array.from(one.querySelectorAll('a'), ({ textContent }) => textContent ?? ''),
      })),
    );
    return found.toSorted((one, other) => one.top - other.top).flatMap(({ texts }) => texts);
  }

  /** The colour in which a piece of the text is drawn, by the name that the editor has for it. */
  async colourOf(text: TextMatch): Promise<string> {
    const piece = this.#editor.locator('.view-line span span').filter({ hasText: text }).first();
    await piece.waitFor();
    return (await piece.getAttribute('class')) ?? '';
  }

  /** How many wavy lines are drawn below pieces of the text. */
  async underlined(severity: 'error' | 'warning'): Promise<number> {
    return this.#editor.locator(`.cdr.squiggly-${severity}`).count();
  }

  /** Renames what is at the cursor. */
  async rename(newName: string): Promise<void> {
    await this.press('F2');
    const input = this.#page.locator('.rename-box .rename-input');
    await input.waitFor();
    await input.fill(newName);
    await input.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** The titles of the quick fixes for what is at the cursor. */
  async quickFixes(): Promise<Locator> {
    await this.press('Control+.');
    const rows = this.#page.locator('.action-widget .monaco-list-row.action');
    await rows.first().waitFor();
    return rows;
  }

  /** The outline of the file, as the list of its symbols names them. */
  async symbols(): Promise<string[]> {
    await this.#quickInput.whenClosed();
    await this.press('Control+Shift+O');
    await this.#quickInput.asks(/symbol/i);
    const rows = await eventually(
      () => this.#quickInput.rows(),
      (found) => found.length > 0,
    );
    await this.#quickInput.cancel();
    return rows.map(({ label }) => label);
  }
}
