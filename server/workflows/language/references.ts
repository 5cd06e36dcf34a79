import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Location } from 'vscode-languageserver-types';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { occurrenceAt, sameName } from './names.ts';
import { textRange } from './textRange.ts';

export interface ReferenceOptions {
  readonly includeDeclaration: boolean;
}

/** Where the step or input at an offset is named, in the order of the file. */
export function references(
  parts: WorkflowParts,
  text: TextDocument,
  offset: number,
  { includeDeclaration }: ReferenceOptions,
): Location[] {
  const named = occurrenceAt(parts, offset);
  if (named === undefined) return [];
  return sameName(parts, named)
    .filter(({ isDefinition }) => includeDeclaration || !isDefinition)
    .sort((one, other) => one.from - other.from)
    .map(({ from, to }) => ({ uri: text.uri, range: textRange(text, from, to) }));
}
