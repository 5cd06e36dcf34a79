import { iterationsOf } from './plan.ts';
import type { Path, PathProblem, ProblemCode } from './problem.ts';
import { references } from './references.ts';
import type { WorkflowFile } from './workflowFile.ts';

/** What is wrong with a file whose every value is right by itself. */
export function workflowProblems(file: WorkflowFile, agents: readonly string[] | undefined): PathProblem[] {
  const problems: PathProblem[] = [];
  const say = (severity: 'error' | 'warning', code: ProblemCode, message: string, path: Path) =>
    problems.push({ severity, code, message, path });
  const ids = file.steps.map(({ id }) => id);
  const needed = neededBy(file);

  file.steps.forEach(({ id, needs, agent, prompt }, index) => {
    const at = (...rest: Path) => ['steps', index, ...rest];
    if (ids.indexOf(id) !== index) say('error', 'duplicate-step', `There is a step ${id} already.`, at('id'));
    needs.forEach((need, place) => {
      if (!ids.includes(need)) say('error', 'unknown-step', `There is no step ${need}.`, at('needs', place));
      else if (need === id || needed.get(need)?.has(id) === true)
        say('error', 'cycle', `${id} and ${need} need each other: neither can begin.`, at('needs', place));
    });
    const used = agent ?? file.agent;
    if (used === undefined)
      say('error', 'bad-value', `Step ${id} has no agent, and neither has the file.`, at('id'));
    else if (agents !== undefined && !agents.includes(used))
      say(
        'warning',
        'unknown-agent',
        `There is no agent ${used} in the setting lockstep.agents.`,
        agent === undefined ? ['agent'] : at('agent'),
      );
    for (const reference of references(prompt)) {
      if (reference.kind === 'input') {
        if (!Object.hasOwn(file.inputs, reference.name))
          say('error', 'unknown-reference', `There is no input ${reference.name}.`, at('prompt'));
      } else if (!ids.includes(reference.step)) {
        say('error', 'unknown-reference', `There is no step ${reference.step}.`, at('prompt'));
      } else if (needed.get(id)?.has(reference.step) !== true) {
        say(
          'error',
          'not-needed-output',
          `Step ${id} uses the output of ${reference.step}, which it does not need: add it to needs.`,
          at('prompt'),
        );
      }
    }
  });
  const sum = file.steps.reduce((total, step) => total + iterationsOf(step), 0);
  if (file.maxIterations !== undefined && sum > file.maxIterations)
    say(
      'warning',
      'budget-over',
      `The steps may take ${sum} iterations together, the run ${file.maxIterations}.`,
      ['maxIterations'],
    );
  return problems;
}

/** For each step all that it needs, directly or not. */
function neededBy({ steps }: WorkflowFile): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = new Map(steps.map(({ id, needs }) => [id, needs]));
  return new Map(
    steps.map(({ id }) => {
      const all = new Set<string>();
      const open = [...(direct.get(id) ?? [])];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (all.has(next)) continue;
        all.add(next);
        open.push(...(direct.get(next) ?? []));
      }
      return [id, all];
    }),
  );
}
