import type { Token } from 'markdown-it';
import MarkdownIt from 'markdown-it';

import { revealBidi } from '../../../services/plainText.ts';
import { pathTarget } from '../paths/pathText.ts';

/** Deeper than anyone reads. The parser leaves out what is nested deeper: such a text is shown as it was written. */
const MAX_NESTING = 60;
/** Beyond these a text is a trial of the parser, or of the page, rather than something to read. */
const MAX_LENGTH = 200_000;
const MAX_BARS = 3000;
const MAX_TOKENS = 12_000;

const blocks = new Set(['paragraph_open', 'heading_open', 'list_item_open', 'th_open', 'td_open']);
const task = /^\[([ xX])\]\s/;

/**
 * Markdown as agents write it, as HTML that is still to be sanitized; undefined for a text that is better shown as it
 * was written. Takes time in proportion to the text's length. Code blocks are `pre[data-language]`, files that are
 * linked to `.file[data-path]`.
 */
export class MarkdownHtml {
  readonly #parser = makeParser();

  html(text: string): string | undefined {
    if (text.length > MAX_LENGTH || count(text, '|', MAX_BARS) >= MAX_BARS) return undefined;
    const tokens = this.#parser.parse(text, {});
    let total = 0;
    for (const { level, children } of tokens) {
      total += 1 + (children?.length ?? 0);
      if (level >= MAX_NESTING - 2 || total > MAX_TOKENS) return undefined;
    }
    return this.#parser.renderer.render(tokens, this.#parser.options, {});
  }
}

function count(text: string, character: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1 && found < most; at = text.indexOf(character, at + 1))
    found++;
  return found;
}

function makeParser(): ReturnType<typeof MarkdownIt> {
  const parser = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false });
  parser.set({ maxNesting: MAX_NESTING });
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  for (const schema of ['ftp:', '//', 'mailto:']) parser.linkify.add(schema, null);
  // A definition is nowhere to be seen; nothing of what an agent wrote may be.
  parser.disable('reference');
  parser.validateLink = (href) => /^(?:https?|mailto):/i.test(href) || fileTarget(href) !== undefined;
  parser.core.ruler.push('readable', ({ tokens }) => makeReadable(tokens));
  const { rules } = parser.renderer;
  const { escapeHtml } = parser.utils;
  const code = (content: string, language: string) =>
    `<pre data-language="${escapeHtml(language)}"><code>${escapeHtml(content.replace(/\n$/, ''))}</code></pre>`;
  rules['fence'] = (tokens, index) =>
    code(tokens[index]?.content ?? '', tokens[index]?.info.trim().split(/\s/)[0] ?? '');
  rules['code_block'] = (tokens, index) => code(tokens[index]?.content ?? '', '');
  rules['code_inline'] = (tokens, index) =>
    `<code dir="ltr">${escapeHtml(revealBidi(tokens[index]?.content ?? ''))}</code>`;
  rules['table_open'] = () => '<div class="table" tabindex="0"><table>';
  rules['table_close'] = () => '</table></div>';
  rules['link_open'] = (tokens, index) => linkOpen(String(tokens[index]?.attrGet('href') ?? ''));
  rules['link_close'] = () => '</a>';
  rules['image'] = (tokens, index) => {
    const token = tokens[index];
    const href = String(token?.attrGet('src') ?? '');
    return `${linkOpen(href)}${escapeHtml(revealBidi(token?.content === '' ? href : (token?.content ?? '')))}</a>`;
  };
  const linkOpen = (href: string) => {
    const target = fileTarget(href);
    const title = escapeHtml(revealBidi(href));
    // The parser also makes a link of one that leads nowhere: `[words]()`.
    if (href === '') return '<a>';
    return target === undefined
      ? `<a href="${escapeHtml(href)}" title="${title}">`
      : `<a class="file" data-path="${escapeHtml(target)}" title="${escapeHtml(revealBidi(target))}">`;
  };
  return parser;
}

/** The file that a link leads to. Agents write `[precedence.ts](src/precedence.ts:12)`. */
function fileTarget(href: string): string | undefined {
  const withoutScheme = href.replace(/^file:\/\/(?=\/)/i, '');
  if (/^[a-z][a-z\d+.-]+:(?!\d)/i.test(withoutScheme) || withoutScheme.startsWith('//')) return undefined;
  let path = withoutScheme;
  try {
    path = decodeURI(withoutScheme);
  } catch {
    // A percent sign that encodes nothing is one.
  }
  return pathTarget(path) === undefined ? undefined : path;
}

/** Every block has the direction of its own text; tasks have boxes; columns are aligned by classes, as the page has no inline styles. */
function makeReadable(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    // An item of a list takes its direction, and the side of its mark, from the first paragraph, which has none itself.
    const isFirstOfItem = token.type === 'paragraph_open' && tokens[index - 1]?.type === 'list_item_open';
    if (blocks.has(token.type) && !isFirstOfItem) token.attrSet('dir', 'auto');
    if (token.type === 'heading_open' || token.type === 'heading_close') {
      // Below the page's own heading.
      token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`;
    }
    const align = /text-align:(\w+)/.exec(String(token.attrGet('style') ?? ''))?.[1];
    if (align !== undefined) {
      token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style');
      token.attrJoin('class', `align-${align}`);
    }
    if (token.type !== 'inline') continue;
    makeTask(token, tokens[index - 2]);
    revealInLinks(token.children ?? []);
  }
}

/** Who follows a link reads first where it leads: there nothing is turned around. */
function revealInLinks(tokens: readonly Token[]): void {
  let depth = 0;
  for (const token of tokens) {
    if (token.type === 'link_open') depth += 1;
    else if (token.type === 'link_close') depth -= 1;
    else if (depth > 0 && token.type === 'text') token.content = revealBidi(token.content);
  }
}

function makeTask(inline: Token, item: Token | undefined): void {
  const first = inline.children?.[0];
  const [mark, box] = item?.type === 'list_item_open' ? (task.exec(first?.content ?? '') ?? []) : [];
  if (first === undefined || mark === undefined || first.type !== 'text') return;
  first.content = `${box === ' ' ? '☐' : '☑'} ${first.content.slice(mark.length)}`;
  item?.attrJoin('class', 'task');
}
