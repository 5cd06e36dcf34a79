/** What is in the page around the texts of an item, or a second time: nothing that a reader searches. */
const NOT_SEARCHED = [
  '.fold-summary',
  '.sr-only',
  '.action',
  '.label',
  '.long-end',
  'dt',
  '.code-mark',
  '.code-language',
  '.diff-head',
].join();

/** The places in the texts of an item, part by part; of one part alone where that is named. */
export function matchesInItem(item: Element, text: string, part?: string): Range[] {
  const selector = part === undefined ? '[data-part]' : `[data-part="${part}"]`;
  // A part may hold elements that say the same of themselves.
  const parts = [...item.querySelectorAll(selector)].filter(
    (each) => (each.parentElement?.closest(selector) ?? null) === null,
  );
  return parts.flatMap((each) => matchesIn(each, text));
}

/**
 * The places in an element where `text` stands, whatever the case of its letters. A text may run over several
 * elements, as it does in code whose words have colours of their own.
 */
function matchesIn(element: Element, text: string): Range[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const nodes: { readonly node: Text; readonly start: number }[] = [];
  let whole = '';
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, (node) =>
    (node.parentElement?.closest(NOT_SEARCHED) ?? null) === null
      ? NodeFilter.FILTER_ACCEPT
      : NodeFilter.FILTER_REJECT,
  );
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (!(node instanceof Text) || node.data === '') continue;
    nodes.push({ node, start: whole.length });
    whole += lowered(node.data);
  }
  const ranges: Range[] = [];
  let first = 0;
  for (let at = whole.indexOf(wanted); at !== -1; at = whole.indexOf(wanted, at + wanted.length)) {
    while ((nodes[first + 1]?.start ?? Infinity) <= at) first += 1;
    let last = first;
    const end = at + wanted.length;
    while ((nodes[last + 1]?.start ?? Infinity) < end) last += 1;
    const [from, to] = [nodes[first], nodes[last]];
    if (from === undefined || to === undefined) break;
    const range = document.createRange();
    range.setStart(from.node, at - from.start);
    range.setEnd(to.node, end - to.start);
    ranges.push(range);
  }
  return ranges;
}

/** In lower case, with as many units as before: of the few characters that have none so long, the character itself. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (character) => {
    const own = character.toLowerCase();
    return own.length === character.length ? own : character;
  }).join('');
}

const ALL = 'lockstep-find';
const CURRENT = 'lockstep-find-current';

/** Marks places in the page without changing it: the browser paints them as the stylesheet says. */
export function highlight(all: readonly Range[], current: Range | undefined): void {
  CSS.highlights.set(ALL, new Highlight(...all));
  if (current === undefined) CSS.highlights.delete(CURRENT);
  else CSS.highlights.set(CURRENT, new Highlight(current));
}

export function clearHighlights(): void {
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
}
