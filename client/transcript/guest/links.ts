import type { GuestMessage } from '../messages.ts';

/** Links to pages and to files, wherever they stand below `root`: the host opens them, the page itself goes nowhere. */
export function listenForLinks(root: HTMLElement, post: (message: GuestMessage) => void): void {
  const onClick = (event: MouseEvent) => {
    const link = linkOf(event);
    if (link === undefined) return;
    // Any button: the middle one would open a window.
    event.preventDefault();
    if (event.button <= 1 && !(event.detail > 0 && selectsTextOf(link))) open(link);
  };
  const open = (link: HTMLElement) => {
    const message = messageOf(link);
    if (message !== undefined) post(message);
  };
  root.addEventListener('click', onClick);
  root.addEventListener('auxclick', onClick);
  root.addEventListener('keydown', (event) => {
    const link = event.key === 'Enter' ? linkOf(event) : undefined;
    // The browser itself makes a click of it for an <a>.
    if (link?.classList.contains('path') === true) open(link);
  });
}

function linkOf({ target }: Event): HTMLElement | undefined {
  return target instanceof Element
    ? (target.closest<HTMLElement>('a[href], .path[data-path]') ?? undefined)
    : undefined;
}

/** The reader marks a part of the link's text, to copy it. */
function selectsTextOf(link: HTMLElement): boolean {
  const selection = document.getSelection();
  return selection?.type === 'Range' && selection.containsNode(link, true);
}

function messageOf(link: HTMLElement): GuestMessage | undefined {
  const { path, line, column } = link.dataset;
  if (path !== undefined) {
    return {
      type: 'openPath',
      path,
      ...(line === undefined ? {} : { line: Number(line) }),
      ...(column === undefined ? {} : { column: Number(column) }),
    };
  }
  const href = link.getAttribute('href');
  return href === null ? undefined : { type: 'openLink', href };
}
