import { grammarOf } from './languages.ts';

/** Characters: whether a longer text is JSON is told by how it begins and ends. */
const MOST_PARSED = 1_000_000;
const BEGINNING = 4_000;

/** The names that VS Code has for languages which the guest calls otherwise. */
const editorNames: Readonly<Record<string, string>> = {
  tsx: 'typescriptreact',
  jsx: 'javascriptreact',
  docker: 'dockerfile',
  make: 'makefile',
};

/**
 * The language for a text in an editor: the one that is named, where the editor knows it (`known` are its ids), else
 * what the text looks like.
 */
export function textLanguage(text: string, named: string | undefined, known: readonly string[]): string {
  if (named !== undefined) {
    const grammar = grammarOf(named) ?? named.toLowerCase();
    const id = editorNames[grammar] ?? grammar;
    if (known.includes(id)) return id;
  }
  return looksLike(text);
}

function looksLike(text: string): 'json' | 'diff' | 'markdown' | 'plaintext' {
  if (isJson(text)) return 'json';
  const beginning = text.slice(0, BEGINNING);
  if (/^diff --git |^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(beginning)) return 'diff';
  if (/^ {0,3}```/m.test(beginning)) return 'markdown';
  return 'plaintext';
}

function isJson(text: string): boolean {
  const ends = `${text.slice(0, BEGINNING).trimStart().charAt(0)}${text.slice(-BEGINNING).trimEnd().slice(-1)}`;
  if (ends !== '{}' && ends !== '[]') return false;
  if (text.length > MOST_PARSED) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
