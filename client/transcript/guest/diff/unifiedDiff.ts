import type { DiffLine, FileDiff } from './fileDiff.ts';

const beginning = /^(?:diff --git |Index: |--- .*\n\+\+\+ |@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)/;

/** Whether a text begins as one that `git diff` or `diff -u` writes. */
export function looksLikeDiff(text: string): boolean {
  const start = text.slice(0, 4000).trimStart();
  return beginning.test(start) && /^@@ -\d/m.test(text.slice(0, 20_000));
}

/** Every line of the text is a line of the result, or told by its path. */
export function unifiedDiff(text: string): FileDiff[] {
  const files: { path?: string | undefined; lines: DiffLine[]; inHunk: boolean }[] = [];
  let file: (typeof files)[number] | undefined;
  /** Lines that the hunk still has by its head, so that a removed `-- x` is not taken for a file's name. */
  let left = { removed: 0, added: 0 };
  const begin = () => {
    file = { lines: [], inHunk: false };
    files.push(file);
    return file;
  };
  for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
    const inHunk = left.removed > 0 || left.added > 0;
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    const current: (typeof files)[number] = file ?? begin();
    if (hunk !== null) {
      left = { removed: Number(hunk[1] ?? 1), added: Number(hunk[2] ?? 1) };
      current.inHunk = true;
      current.lines.push({ kind: 'gap', text: line });
    } else if (inHunk && /^[ +-]|^$/.test(line)) {
      const kind = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'same';
      if (kind !== 'added') left.removed -= 1;
      if (kind !== 'removed') left.added -= 1;
      current.lines.push({ kind, text: line.slice(1) });
    } else {
      left = { removed: 0, added: 0 };
      const isNew = /^(?:diff --git|Index:) /.test(line) || (current.inHunk && line.startsWith('--- '));
      const target = isNew && (current.lines.length > 0 || current.path !== undefined) ? begin() : current;
      const name = /^(?:\+\+\+|---) (.*)$/.exec(line)?.[1];
      const path = name === undefined ? undefined : pathOf(name);
      if (path !== undefined && (target.path === undefined || line.startsWith('+++'))) target.path = path;
      if (name === undefined || path !== target.path) {
        if (!isPlumbing(line, name)) target.lines.push({ kind: 'gap', text: line });
      }
    }
  }
  return files.map(({ path, lines }) => ({ path, lines }));
}

/** What says nothing beyond the path. */
function isPlumbing(line: string, name: string | undefined): boolean {
  return (
    /^(?:diff --git |Index: |={5,}$|index [\da-f]+\.\.)/.test(line) ||
    line === '' ||
    name?.startsWith('/dev/null') === true
  );
}

function pathOf(name: string): string | undefined {
  const path = (name.split('\t')[0] ?? '').trim().replace(/^"(.*)"$/, '$1');
  return path === '/dev/null' || path === '' ? undefined : path.replace(/^[abciow]\//, '');
}
