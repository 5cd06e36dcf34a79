import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Location } from 'vscode-languageserver-types';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { occurrenceAt, sameName } from './names.ts';
import { textRange } from './textRange.ts';

/** Where the step or input at an offset is defined: more than one place where two have the same name. */
export function definitions(parts: WorkflowParts, text: TextDocument, offset: number): Location[] {
  const named = occurrenceAt(parts, offset);
  if (named === undefined) return [];
  return sameName(parts, named)
    .filter(({ isDefinition }) => isDefinition)
    .map(({ from, to }) => ({ uri: text.uri, range: textRange(text, from, to) }));
}
