import { isMap } from 'yaml';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { CodeActionKind, type CodeAction } from 'vscode-languageserver-types';
import type { Problem } from '../format/problem.ts';
import type { WorkflowDocument } from '../format/workflowDocument.ts';
import { headRange } from '../format/yamlTree.ts';
import { diagnosticOf } from './diagnostics.ts';
import { missingIdFix, needFix, newKey, type Fix } from './stepFixes.ts';
import { textRange } from './textRange.ts';
import { yamlScalar } from './yamlScalar.ts';

/** Of the agents that could be the missing one. */
const MAX_AGENTS = 5;

/** What puts right the problems that lie between two offsets, the likeliest first. */
export function quickFixes(
  parsed: WorkflowDocument,
  text: TextDocument,
  [from, to]: readonly [from: number, to: number],
  agents: readonly string[] | undefined,
): CodeAction[] {
  return parsed.problems
    .filter((problem) => problem.from <= to && from <= problem.to)
    .flatMap((problem) =>
      fixesOf(parsed, problem, agents).map(({ title, newText, ...at }, index): CodeAction => ({
        title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnosticOf(problem, text)],
        isPreferred: index === 0,
        edit: { changes: { [text.uri]: [{ range: textRange(text, at.from, at.to), newText }] } },
      })),
    );
}

function fixesOf(parsed: WorkflowDocument, problem: Problem, agents: readonly string[] | undefined): Fix[] {
  const { from, to, data = {} } = problem;
  const fixes: Fix[] = [];
  if (data.suggestion !== undefined) fixes.push(...suggested(parsed, problem, data.suggestion));
  if (data.need !== undefined) fixes.push(...needFix(parsed, problem, data.need));
  if (data.missing === 'id') fixes.push(...missingIdFix(parsed, problem));
  if (data.missing === 'agent') fixes.push(...agentFixes(parsed, agents ?? []));
  if (data.isForQuotes === true) {
    const newText = JSON.stringify(parsed.text.slice(from, to));
    fixes.push({ title: 'Put it in quotes', from, to, newText });
  }
  const written = parsed.text.slice(from, to);
  if (data.isForList === true && !written.includes('\n'))
    fixes.push({ title: 'Put it in brackets', from, to, newText: `[${written}]` });
  return fixes;
}

/** Gives the whole file an agent, which all steps without one then have. */
function agentFixes({ text, root }: WorkflowDocument, agents: readonly string[]): Fix[] {
  const map = root.node;
  if (!isMap(map)) return [];
  return agents.slice(0, MAX_AGENTS).flatMap((agent) => {
    const fix = newKey(text, map, headRange(root)[0], `agent: ${yamlScalar(agent)}`);
    return fix === undefined ? [] : [{ ...fix, title: `Add agent: ${agent}` }];
  });
}

function suggested({ text, outline }: WorkflowDocument, problem: Problem, suggestion: string): Fix[] {
  const { code, from, to } = problem;
  const title = `Change to ${suggestion}`;
  const written = text.slice(from, to);
  if (code === 'unknown-reference') {
    const all = [...outline.references, ...outline.steps.flatMap(({ references }) => references)];
    const found = all.find((one) => one.from === from && one.to === to && one.isExact);
    if (found === undefined) return [];
    const [start, end] = found.name ?? [from, to];
    return [{ title, from: start, to: end, newText: suggestion }];
  }
  if (written.includes('\n')) return [];
  const inner = quoteAround(text, from, to - 1);
  if (inner !== undefined)
    return [{ title, from, to, newText: `${inner}${escaped(suggestion, inner)}${inner}` }];
  // A word that names something stands without its quotes in its range.
  const outer = quoteAround(text, from - 1, to);
  return [
    { title, from, to, newText: outer === undefined ? yamlScalar(suggestion) : escaped(suggestion, outer) },
  ];
}

/** The quote that stands at both of two offsets. */
function quoteAround(text: string, first: number, last: number): string | undefined {
  const quote = text[first];
  return first < last && quote === text[last] && (quote === '"' || quote === "'") ? quote : undefined;
}

function escaped(text: string, quote: string): string {
  return quote === '"' ? JSON.stringify(text).slice(1, -1) : text.replaceAll("'", "''");
}
