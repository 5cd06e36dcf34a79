import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Range, TextEdit } from 'vscode-languageserver-types';
import {
  parseWorkflow,
  type WorkflowDocument,
} from '../../../../server/workflows/format/workflowDocument.ts';

export const URI = 'file:///w/fix.lockstep.yaml';

export interface Marked {
  readonly text: TextDocument;
  readonly parsed: WorkflowDocument;
  /** Of the `‸`. */
  readonly offset: number;
}

/** A file from its text, with a `‸` where the cursor is. */
export function marked(written: string, agents?: readonly string[]): Marked {
  const offset = written.indexOf('‸');
  assert.notEqual(offset, -1, 'no cursor');
  return { ...file(written.replace('‸', ''), agents), offset };
}

export function file(written: string, agents?: readonly string[]): Omit<Marked, 'offset'> {
  return {
    text: TextDocument.create(URI, 'lockstep-workflow', 1, written),
    parsed: parseWorkflow(written, agents === undefined ? {} : { agents }),
  };
}

/** A range as `line:character-line:character text`, both from 0. */
export function shown(text: TextDocument, range: Range): string {
  const { start, end } = range;
  return `${start.line}:${start.character}-${end.line}:${end.character} ${text.getText(range)}`;
}

export function edited(text: TextDocument, edits: readonly TextEdit[]): string {
  return TextDocument.applyEdits(text, [...edits]);
}
