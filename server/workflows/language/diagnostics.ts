import type { TextDocument } from 'vscode-languageserver-textdocument';
import { DiagnosticSeverity, type Diagnostic } from 'vscode-languageserver-types';
import type { Problem } from '../format/problem.ts';
import type { WorkflowDocument } from '../format/workflowDocument.ts';
import { contentEnd } from './contentEnd.ts';
import { textRange } from './textRange.ts';

const SEVERITY = { error: DiagnosticSeverity.Error, warning: DiagnosticSeverity.Warning } as const;

export function diagnostics({ problems }: WorkflowDocument, text: TextDocument): Diagnostic[] {
  return problems.map((problem) => diagnosticOf(problem, text));
}

export function diagnosticOf(
  { severity, code, message, from, to, data }: Problem,
  text: TextDocument,
): Diagnostic {
  return {
    range: textRange(text, from, contentEnd(text.getText(), from, to)),
    severity: SEVERITY[severity],
    code,
    source: 'lockstep',
    message,
    ...(data === undefined ? {} : { data }),
  };
}
