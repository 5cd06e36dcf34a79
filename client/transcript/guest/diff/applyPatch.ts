import type { DiffLine, FileDiff } from './fileDiff.ts';

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';

/** The patch of codex's `apply_patch`, wherever it stands in the text; undefined where there is none. */
export function applyPatchDiff(text: string): FileDiff[] | undefined {
  const start = text.indexOf(BEGIN);
  if (start === -1) return undefined;
  const end = text.indexOf(`\n${END}`, start);
  const body = text.slice(start + BEGIN.length, end === -1 ? undefined : end);
  const files: { path?: string; lines: DiffLine[] }[] = [];
  for (const line of body.split(/\r?\n/).slice(1)) {
    const [, action, path] = /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line) ?? [];
    if (path !== undefined) {
      files.push({ path, lines: action === 'Delete' ? [{ kind: 'gap', text: line }] : [] });
      continue;
    }
    let file = files.at(-1);
    if (file === undefined) {
      if (line === '') continue;
      file = { lines: [] };
      files.push(file);
    }
    file.lines.push(lineOf(line));
  }
  return files.length === 0 ? undefined : files;
}

function lineOf(line: string): DiffLine {
  if (line.startsWith('+')) return { kind: 'added', text: line.slice(1) };
  if (line.startsWith('-')) return { kind: 'removed', text: line.slice(1) };
  if (line.startsWith('@@') || line.startsWith('*** ')) return { kind: 'gap', text: line };
  return { kind: 'same', text: line.startsWith(' ') ? line.slice(1) : line };
}
