/** For rows and choices a string is the whole label; elsewhere it is a part of the text. A pattern matches anywhere. */
export type TextMatch = string | RegExp;

/**
 * A pattern for a label VS Code may append to: a key binding (`Search (Ctrl+Shift+F)`) or a badge
 * (`Source Control - 3 pending changes`).
 */
export function labelled(label: string): RegExp {
  return new RegExp(`^\\s*${escaped(label)}(?: \\(.*\\)| - .*)?\\s*$`);
}

/** A string means the whole text. */
export function wholly(match: TextMatch): RegExp {
  return typeof match === 'string' ? new RegExp(`^\\s*${escaped(match)}\\s*$`) : match;
}

/** Anywhere in the text, and in any case. */
export function containing(text: string): RegExp {
  return new RegExp(escaped(text), 'i');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
