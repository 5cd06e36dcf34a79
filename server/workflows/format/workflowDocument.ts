import {
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
} from 'yaml';
import type * as z from 'zod';
import type { Path, PathProblem, Problem } from './problem.ts';
import { workflowProblems } from './stepProblems.ts';
import { workflowFile, type WorkflowFile } from './workflowFile.ts';

/** In UTF-16 units: a longer file is no workflow. */
export const MAX_LENGTH = 1024 * 1024;

export interface WorkflowDocument {
  readonly text: string;
  readonly document: Document;
  /** Where there is no error. */
  readonly file: WorkflowFile | undefined;
  readonly problems: readonly Problem[];
}

export interface ParseOptions {
  /** The agents that are known; undefined where it is not known which there are. */
  readonly agents?: readonly string[];
}

/** Reads a workflow. Never throws: whatever is wrong with the text is among the problems. */
export function parseWorkflow(text: string, { agents }: ParseOptions = {}): WorkflowDocument {
  if (text.length > MAX_LENGTH) {
    const problem = `The file is larger than ${MAX_LENGTH / 1024} KiB.`;
    const problems = [{ severity: 'error', code: 'too-large', message: problem, from: 0, to: 0 } as const];
    return { text, document: parseDocument(''), file: undefined, problems };
  }
  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: false, merge: false });
  const syntax = [...document.errors, ...document.warnings].map(({ message, pos: [from, to] }): Problem => {
    return {
      severity: 'error',
      code: 'yaml-syntax',
      message,
      from: within(text, from),
      to: within(text, to),
    };
  });
  const aliases = aliasProblems(document, text);
  const unread = [...syntax, ...aliases];
  if (unread.length > 0) return { text, document, file: undefined, problems: unread };
  const parsed = workflowFile.safeParse(document.toJS());
  const found = parsed.success
    ? workflowProblems(parsed.data, agents)
    : parsed.error.issues.flatMap((issue) => issueProblems(issue));
  const problems = found.map((problem) => placed(document, text, problem));
  const isWrong = problems.some(({ severity }) => severity === 'error');
  return { text, document, file: parsed.success && !isWrong ? parsed.data : undefined, problems };
}

/** Aliases would let a file of a kilobyte become one of gigabytes, and nobody needs them here. */
function aliasProblems(document: Document, text: string): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, { range }) {
      const [from = 0, to = from] = range ?? [];
      const message = 'Aliases are not allowed in workflows: write the value again.';
      problems.push({
        severity: 'error',
        code: 'no-aliases',
        message,
        from: within(text, from),
        to: within(text, to),
      });
    },
  });
  return problems;
}

function issueProblems(issue: z.core.$ZodIssue): PathProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      severity: 'error',
      code: 'unknown-key',
      message: `There is no key ${key} here.`,
      path: [...path, key],
      isAboutKey: true,
    }));
  const where = path.findLast((part) => typeof part === 'string');
  const message = where === undefined ? issue.message : `${where}: ${issue.message}`;
  return [{ severity: 'error', code: 'bad-value', message, path }];
}

function placed(document: Document, text: string, { path, isAboutKey, ...problem }: PathProblem): Problem {
  const [from, to] = rangeOf(document, path, isAboutKey === true);
  return { ...problem, from: within(text, from), to: within(text, to) };
}

/** Of the value at a path, or of its key; where it is missing, of what it is missing from. */
function rangeOf(document: Document, path: Path, ofKey: boolean): [number, number] {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (!isCollection(parent)) continue;
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      : undefined;
    const value = parent.get(key, true);
    const isWhole = length === path.length;
    const node = isWhole && !ofKey && isNode(value) ? value : (pair?.key ?? value);
    if (isNode(node) && node.range) return [node.range[0], node.range[1]];
  }
  return [0, 0];
}

function within(text: string, offset: number): number {
  return Math.max(0, Math.min(offset, text.length));
}
