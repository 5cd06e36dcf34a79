/** What a call is about, by the names that agents give it; the first one there is taken. */
const tellingNames = [
  'command',
  'cmd',
  'file_path',
  'filePath',
  'notebook_path',
  'pattern',
  'query',
  'path',
  'url',
  'description',
  'title',
  'prompt',
  'task',
  'name',
];
const MAX_LENGTH = 300;

/** One line for a folded tool call: the command, the path or whatever else tells it from the call before it. */
export function toolSummary(input: unknown): string {
  return oneLine(tellingText(input) ?? '');
}

function tellingText(input: unknown): string | undefined {
  const patched = patchedFiles(typeof input === 'string' ? input : '');
  if (patched !== undefined) return patched;
  if (typeof input === 'string') return input;
  if (typeof input !== 'object' || input === null) return undefined;
  const values = new Map<string, unknown>(Object.entries(input));
  const told = tellingNames.map((name) => asText(values.get(name))).find((text) => text !== undefined);
  return (
    told ??
    values
      .values()
      .map(asText)
      .find((text) => text !== undefined)
  );
}

/** The files of a patch, as codex writes them. */
function patchedFiles(text: string): string | undefined {
  if (!text.includes('*** Begin Patch')) return undefined;
  const files = [...text.matchAll(/^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm)].map(([, file]) => file);
  return files.length === 0 ? undefined : files.join(', ');
}

/** A command is a text, or a list of words. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.filter((word) => typeof word === 'string');
  return words.length === value.length ? words.join(' ') : undefined;
}

/** The file that a call is about. */
export function toolFile(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const values = new Map<string, unknown>(Object.entries(input));
  return ['file_path', 'filePath', 'path', 'notebook_path']
    .map((name) => values.get(name))
    .find((value) => typeof value === 'string');
}

function oneLine(text: string): string {
  const line = text
    .slice(0, 2 * MAX_LENGTH)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).trimEnd()}…` : line;
}

const iconsByWord: readonly (readonly [RegExp, string])[] = [
  [/todo|plan/i, 'checklist'],
  [/bash|shell|exec|terminal|command|powershell/i, 'terminal'],
  [/web|fetch|browser|http|url/i, 'globe'],
  [/grep|glob|search|find/i, 'search'],
  [/write|create/i, 'new-file'],
  [/edit|patch|replace/i, 'edit'],
  [/agent|task/i, 'agent'],
  [/^ls$|list|dir/i, 'list-tree'],
  [/read|view|cat|open|file/i, 'file'],
];

/** A codicon for a tool, guessed from its name. */
export function toolIcon(name: string): string {
  return iconsByWord.find(([word]) => word.test(name))?.[1] ?? 'tools';
}
