import { diffLines } from 'diff';
import type { DiffLine } from './fileDiff.ts';

/** Beyond these the two texts have little in common, and the search for it takes long. */
const MAX_EDITS = 2000;
const MAX_MS = 100;

/** The lines of a text that was put in place of another. Where they are too different, all of the one and all of the other. */
export function replacementLines(before: string, after: string): DiffLine[] {
  if (before === '') return linesOf(after, 'added');
  if (after === '') return linesOf(before, 'removed');
  const changes = diffLines(withEnd(before), withEnd(after), { maxEditLength: MAX_EDITS, timeout: MAX_MS });
  if (changes === undefined) return [...linesOf(before, 'removed'), ...linesOf(after, 'added')];
  return changes.flatMap(({ value, added, removed }) =>
    linesOf(value, added ? 'added' : removed ? 'removed' : 'same'),
  );
}

export function linesOf(text: string, kind: DiffLine['kind']): DiffLine[] {
  if (text === '') return [];
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => ({ kind, text: line }));
}

/** A last line without an end is not another line for that. */
function withEnd(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  return lines.endsWith('\n') ? lines : `${lines}\n`;
}
