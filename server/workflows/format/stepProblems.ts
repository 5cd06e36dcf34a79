import type { FoundProblem } from './problem.ts';
import type { PlacedReference } from './placedReferences.ts';
import { stepGraph, type StepGraph } from './stepGraph.ts';
import { MAX_STEPS } from './workflowFile.ts';
import type { StepOutline, WorkflowOutline, Word } from './workflowOutline.ts';
import { headRange } from './yamlTree.ts';

/** Cycles whose way is told: to find it costs, and a file with more has one that goes through all of them. */
const MAX_WAYS = 20;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is wrong with the names in a file: whatever else is wrong with it, these can be read. */
export function stepProblems(
  outline: WorkflowOutline,
  agents: readonly string[] | undefined,
  hasFileAgent: boolean,
): FoundProblem[] {
  const problems: FoundProblem[] = [];
  const say = (
    problem: Pick<FoundProblem, 'code' | 'message' | 'data'> & Partial<FoundProblem>,
    { from, to }: Range,
  ) => problems.push({ severity: 'error', ...problem, from, to });
  const steps = outline.steps.slice(0, MAX_STEPS);
  const graph = stepGraph(steps);
  const inputs = new Set(outline.inputs.map(({ name }) => name.text));
  const seen = new Set<string>();
  let ways = 0;

  const checkAgent = (agent: Word | undefined) => {
    if (agent === undefined || agents === undefined || agents.includes(agent.text)) return;
    const message = `There is no agent ${agent.text} in the setting lockstep.agents.`;
    const slip = { word: agent.text, candidates: () => agents };
    say({ severity: 'warning', code: 'unknown-agent', message, slip }, agent);
  };
  const checkNeed = (id: string | undefined, need: Word, needs: readonly Word[]) => {
    if (!graph.ids.has(need.text)) {
      const candidates = () =>
        [...graph.ids].filter((one) => one !== id && needs.every(({ text }) => text !== one));
      const slip = { word: need.text, candidates };
      say({ code: 'unknown-step', message: `There is no step ${need.text}.`, slip }, need);
    } else if (need.text === id) {
      say({ code: 'cycle', message: `Step ${id} needs itself: it can never begin.` }, need);
    } else if (id !== undefined && graph.neededBy(need.text).has(id)) {
      const way = ways++ < MAX_WAYS ? graph.way(need.text, id) : undefined;
      const circle = way === undefined || way.length < 3 ? '' : ` (${[id, ...way].join(' → ')})`;
      const message = `${id} and ${need.text} need each other${circle}: neither can begin.`;
      say({ code: 'cycle', message }, need);
    }
  };
  const checkReference = (one: PlacedReference, step: StepOutline | undefined) => {
    const { reference, text } = one;
    if (reference === undefined) {
      // In a shell command it is the shell's own.
      if (one.key === 'until') return;
      const message = `${text} stands for nothing here, and stays as it is. Write $${text} to say that it should.`;
      const slip = { word: text, candidates: () => candidatesFor(text, [...inputs], graph) };
      say({ severity: 'warning', code: 'unknown-reference', message, slip }, one);
    } else if (reference.kind === 'input') {
      if (inputs.has(reference.name)) return;
      const slip = { word: reference.name, candidates: () => [...inputs] };
      say({ code: 'unknown-reference', message: `There is no input ${reference.name}.`, slip }, one);
    } else if (reference.kind === 'output') {
      const wrong = outputProblem(reference.step, step, graph);
      if (wrong !== undefined) say(wrong, one);
    }
  };

  checkAgent(outline.agent);
  for (const reference of outline.references) checkReference(reference, undefined);
  for (const step of steps) {
    const { id, agent } = step;
    const needs = step.needs.slice(0, MAX_STEPS);
    if (id !== undefined && seen.has(id.text))
      say({ code: 'duplicate-step', message: `There is a step ${id.text} already.` }, id);
    if (id !== undefined) seen.add(id.text);
    checkAgent(agent);
    if (!hasFileAgent && !step.branch.entries.has('agent')) {
      const [from, to] = headRange(step.branch);
      const message = `Step ${id?.text ?? step.index + 1} has no agent, and neither has the file.`;
      const scope = [step.map.range?.[0] ?? from, step.map.range?.[1] ?? to] as const;
      say({ code: 'missing-key', message, data: { missing: 'agent' }, scope }, id ?? { from, to });
    }
    const begin = problems.length;
    for (const need of needs) checkNeed(id?.text, need, needs);
    if (id !== undefined && problems.length === begin) {
      const bad = [...graph.neededBy(id.text)].find((one) => isStuck(one, graph));
      const message = `Step ${id.text} can never begin: it needs ${bad}, which cannot.`;
      if (bad !== undefined) say({ severity: 'warning', code: 'unreachable-step', message }, id);
    }
    for (const reference of step.references) checkReference(reference, step);
  }
  return problems;
}

/** Whether a step that is needed can never be done, by what it needs itself. */
function isStuck(id: string, graph: StepGraph): boolean {
  return !graph.ids.has(id) || graph.neededBy(id).has(id);
}

function outputProblem(
  used: string,
  step: StepOutline | undefined,
  graph: StepGraph,
): Pick<FoundProblem, 'code' | 'message' | 'data' | 'slip'> | undefined {
  const user = step?.id?.text;
  if (!graph.ids.has(used)) {
    const slip = { word: used, candidates: () => [...graph.ids].filter((id) => id !== user) };
    return { code: 'unknown-reference', message: `There is no step ${used}.`, slip };
  }
  const code = 'not-needed-output';
  if (step === undefined)
    return {
      code,
      message: `The env of the whole file cannot use the output of a step: put it in the env of the steps that need ${used}.`,
    };
  if (user === undefined || graph.neededBy(user).has(used)) return undefined;
  if (user === used) return { code, message: `Step ${used} cannot use its own output.` };
  const isAfter = graph.neededBy(used).has(user);
  return {
    code,
    message: isAfter
      ? `Step ${user} cannot use the output of ${used}, which comes after it.`
      : `Step ${user} uses the output of ${used}, which it does not need: add it to needs.`,
    ...(isAfter ? {} : { data: { need: used } }),
  };
}

/** All that can be referred to, as it is written; without an end where the word has none. */
function candidatesFor(word: string, inputs: readonly string[], { ids }: StepGraph): string[] {
  const all = [
    ...inputs.map((name) => `inputs.${name}`),
    ...[...ids].map((id) => `steps.${id}.output`),
    'iteration',
  ];
  const end = word.endsWith('}') ? '}' : '';
  return all.map((one) => `\${${one}${end}`);
}
