import type { FileDiff } from './fileDiff.ts';
import { looksLikeDiff, unifiedDiff } from './unifiedDiff.ts';

/** What stands in a code block that says it is a diff: a whole one, or only lines with signs. */
export function fenceDiff(text: string): FileDiff[] {
  if (looksLikeDiff(text)) return unifiedDiff(text);
  const lines = text.split(/\r?\n/).map((line) => {
    if (line.startsWith('+') && !line.startsWith('+++'))
      return { kind: 'added' as const, text: line.slice(1) };
    if (line.startsWith('-') && !line.startsWith('---'))
      return { kind: 'removed' as const, text: line.slice(1) };
    if (/^(?:@@|\+\+\+|---|diff |index )/.test(line)) return { kind: 'gap' as const, text: line };
    return { kind: 'same' as const, text: line.startsWith(' ') ? line.slice(1) : line };
  });
  return [{ lines }];
}
