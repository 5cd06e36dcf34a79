import { issueProblems } from './issueProblems.ts';
import { iterationsOf } from './plan.ts';
import type { FoundProblem, Problem } from './problem.ts';
import { firstProblems } from './shownProblems.ts';
import { stepProblems } from './stepProblems.ts';
import { untilProblems } from './untilProblems.ts';
import { MAX_STEPS, workflowFile, type WorkflowFile } from './workflowFile.ts';
import { readParts, type WorkflowParts } from './workflowParts.ts';
import { within } from './yamlText.ts';
import { branchAt, valueRange, type Branch } from './yamlTree.ts';

export interface WorkflowDocument extends WorkflowParts {
  /** Where there is no error. */
  readonly file: WorkflowFile | undefined;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

export interface ParseOptions {
  /** The agents that are known; undefined where it is not known which there are. */
  readonly agents?: readonly string[];
}

/** Reads a workflow. Never throws: whatever is wrong with the text is among the problems. */
export function parseWorkflow(text: string, { agents }: ParseOptions = {}): WorkflowDocument {
  const { syntax, odd, ...read } = readParts(text);
  const { document, root, outline } = read;
  if (document.contents === null && syntax.length > 0)
    return { ...read, file: undefined, problems: firstProblems(syntax) };

  const parsed = workflowFile.safeParse(root.value);
  const names = [
    ...stepProblems(outline, agents, root.entries.has('agent')),
    ...outline.steps.slice(0, MAX_STEPS).flatMap(untilProblems),
  ];
  const values = parsed.success
    ? [...budgetProblems(parsed.data, root), ...retryProblems(parsed.data, root)]
    : parsed.error.issues.flatMap((issue) => issueProblems(issue, root));
  const found = [...syntax, ...odd, ...seenIn(text, syntax, [...values, ...names])].map(
    ({ from, to, ...problem }): FoundProblem => ({
      ...problem,
      from: within(text, from),
      to: within(text, to),
    }),
  );
  const isWrong = found.some(({ severity }) => severity === 'error');
  return {
    ...read,
    file: parsed.success && !isWrong ? parsed.data : undefined,
    problems: firstProblems(found),
  };
}

function budgetProblems(file: WorkflowFile, root: Branch): FoundProblem[] {
  const sum = file.steps.reduce((total, step) => total + iterationsOf(step), 0);
  if (file.maxIterations === undefined || sum <= file.maxIterations) return [];
  const [from, to] = valueRange(branchAt(root, ['maxIterations']).branch);
  const message = `The steps may take ${sum} iterations together, the run ${file.maxIterations}.`;
  return [{ severity: 'warning', code: 'budget-over', message, from, to }];
}

function retryProblems(file: WorkflowFile, root: Branch): FoundProblem[] {
  return file.steps.flatMap((step, index): FoundProblem[] => {
    if (step.retry === undefined || iterationsOf(step) > 1) return [];
    const [from, to] = valueRange(branchAt(root, ['steps', index, 'retry', 'attempts']).branch);
    const message = `Step ${step.id} may take 1 iteration, so it can never be tried again: give it a maxIterations of at least 2, or none.`;
    return [{ severity: 'warning', code: 'never-retried', message, from, to }];
  });
}

/** What may be so just because something could not be read. */
const ABOUT_OTHERS = new Set<Problem['code']>([
  'unknown-step',
  'unreachable-step',
  'unknown-reference',
  'not-needed-output',
]);
/** With more mistakes than that in its YAML, a text is none that has been read. */
const MAX_SYNTAX = 50;

/**
 * Of a text with mistakes in its YAML, what is wrong besides: not what may be so just because of them. What touches one
 * is left out, and so is that a name is not there where its definition may stand in what could not be read.
 */
function seenIn(
  text: string,
  syntax: readonly FoundProblem[],
  problems: readonly FoundProblem[],
): readonly FoundProblem[] {
  if (syntax.length === 0) return problems;
  if (syntax.length > MAX_SYNTAX) return [];
  const mistakes = syntax.map(({ from, to }) => [from, endOfBlanks(text, to)] as const);
  const touches = ([from, to]: readonly [number, number]) =>
    mistakes.some(([start, end]) => start <= to && from <= end);
  const defined = new Set(
    Array.from(text.matchAll(/\bid:\s*["']?([\w-]+)|([\w-]+)["']?\s*:/g), ([, id, key]) => id ?? key),
  );
  return problems.filter(({ code, from, to, scope = [from, to], slip }) => {
    if (touches([from, to]) || touches(scope)) return false;
    return !ABOUT_OTHERS.has(code) || (slip !== undefined && !defined.has(slip.word));
  });
}

function endOfBlanks(text: string, from: number): number {
  let end = from;
  while (text[end] === ' ') end++;
  return end;
}
