import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Range } from 'vscode-languageserver-types';

/** `from` and `to` are offsets in UTF-16 units. */
export function textRange(text: TextDocument, from: number, to: number): Range {
  return { start: text.positionAt(from), end: text.positionAt(to) };
}
