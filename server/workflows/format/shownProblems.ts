import { nearest } from './nearest.ts';
import type { FoundProblem, Problem } from './problem.ts';

/** Nobody reads more, and each costs. */
const MAX_PROBLEMS = 100;

/** The first problems, in the order of the file and each once, with what was probably meant. */
export function firstProblems(found: readonly FoundProblem[]): Problem[] {
  const inOrder = [...found].sort((one, other) => one.from - other.from || one.to - other.to);
  const all = inOrder.filter((problem, index) => {
    const before = inOrder[index - 1];
    if (before?.from !== problem.from || before.to !== problem.to || before.code !== problem.code)
      return true;
    // Of a number that is too large for two reasons, one is enough.
    return problem.code !== 'bad-value' && before.message !== problem.message;
  });
  const shown = all.slice(0, MAX_PROBLEMS).map(withSuggestion);
  const next = all[MAX_PROBLEMS];
  if (next === undefined) return shown;
  const { from, to } = next;
  const message = `There are ${all.length - MAX_PROBLEMS} more problems from here on.`;
  return [...shown, { severity: 'error', code: 'too-many-problems', message, from, to }];
}

function withSuggestion({ slip, scope: _scope, ...problem }: FoundProblem): Problem {
  const [suggestion] = slip === undefined ? [] : nearest(slip.word, slip.candidates());
  if (suggestion === undefined) return problem;
  const message = `${problem.message} Did you mean ${suggestion}?`;
  return { ...problem, message, data: { ...problem.data, suggestion } };
}
