import { revealBidi } from './plainText.ts';

/** Text from outside in the middle of a page of markdown: nothing in it becomes markup, a link or the end of a cell. */
export function markdownText(text: string): string {
  return revealBidi(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>#|~&]/g, String.raw`\$&`)
    .replaceAll('://', ':\u200b//');
}

/** Text as a block of code, within a fence that is longer than any in it. */
export function markdownBlock(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${revealBidi(text)}\n${fence}`;
}
