import { noChange, nothing } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { revealBidi } from '../../../services/plainText.ts';
import type { PathChecks } from './pathChecks.ts';
import type { PathTarget } from './pathText.ts';
import { pathTarget } from './pathText.ts';

const MAX_LENGTH = 1000;

/** Makes an element a link to a file. What a click does is the page's business: see `listenForLinks`. */
function becomePathLink(element: HTMLElement, { path, line, column }: PathTarget): void {
  element.classList.add('path');
  element.setAttribute('role', 'link');
  element.tabIndex = 0;
  element.title = revealBidi(path);
  Object.assign(element.dataset, { path });
  if (line !== undefined) element.dataset['line'] = String(line);
  if (column !== undefined) element.dataset['column'] = String(column);
}

/** Makes an element a link once its file is known to exist. Returns what ends the wish. */
export function linkWhenItExists(element: HTMLElement, target: PathTarget, checks: PathChecks): () => void {
  const known = checks.known(target.path);
  if (known === true) becomePathLink(element, target);
  if (known !== undefined) return () => {};
  return checks.want(target.path, (exists) => {
    if (exists) becomePathLink(element, target);
  });
}

class PathLinkDirective extends AsyncDirective {
  #text: string | undefined;
  #end: (() => void) | undefined;

  override render(text: string, checks: PathChecks): unknown {
    if (text === this.#text) return noChange;
    this.#end?.();
    this.#text = text;
    if (text === '') return nothing;
    const element = document.createElement('span');
    element.dir = 'ltr';
    element.className = 'file';
    element.textContent = revealBidi(text);
    // A tool's argument is a path, also where it does not look like one.
    const target = pathTarget(text) ?? (text.length <= MAX_LENGTH ? { path: text } : undefined);
    this.#end = target === undefined ? undefined : linkWhenItExists(element, target, checks);
    return element;
  }

  protected override disconnected(): void {
    this.#end?.();
  }
}

/** A path as text, and as a link to its file when that is known to exist. */
export const pathLink = directive(PathLinkDirective);
