import type { Path } from '../format/problem.ts';
import { stepGraph } from '../format/stepGraph.ts';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { schemaAt } from '../format/workflowSchema.ts';
import { yamlScalar } from './yamlScalar.ts';

export interface Suggestion {
  readonly label: string;
  readonly insert: string;
  readonly detail?: string;
  readonly kind: 'value' | 'step' | 'agent';
}

const ITERATION_PRESETS = [
  ['quick', 15],
  ['complex', 75],
  ['long', 150],
] as const;

/** The values that may stand at a path. */
export function valuesAt(
  path: Path,
  parts: WorkflowParts,
  agents: readonly string[] | undefined,
): Suggestion[] {
  const value = (insert: string, detail?: string): Suggestion => ({
    label: insert,
    insert,
    kind: 'value',
    ...(detail === undefined ? {} : { detail }),
  });
  const schema = schemaAt(path);
  const key = path.at(-1);
  const step = typeof path[1] === 'number' && path[0] === 'steps' ? path[1] : undefined;
  if (step !== undefined && path.length === 4 && path[2] === 'needs') return needSuggestions(parts, step);
  if (step !== undefined && path.length === 3 && key === 'needs')
    return needSuggestions(parts, step).map((one) => ({ ...one, insert: `[${one.insert}]` }));
  if (schema === undefined) return [];
  if (isOfFileOrStep(path, 'agent'))
    return (agents ?? agentsIn(parts)).map((agent) => ({
      label: agent,
      insert: yamlScalar(agent),
      kind: 'agent',
    }));
  if (isOfFileOrStep(path, 'maxIterations'))
    return ITERATION_PRESETS.map(([name, count]) => ({
      ...value(String(count), `${count} iterations at most`),
      label: `${name} ${count}`,
    }));
  if (schema.enum !== undefined)
    return schema.enum.map((one) => value(one, one === schema.default ? 'default' : undefined));
  if (schema.const !== undefined) return [value(schema.const)];
  if (schema.type === 'boolean')
    return ['true', 'false'].map((one) => value(one, one === String(schema.default) ? 'default' : undefined));
  return [...new Set([schema.default, ...(schema.examples ?? [])])].flatMap((one) =>
    typeof one === 'string' ? [value(one, one === schema.default ? 'default' : undefined)] : [],
  );
}

/** All steps that a step could need as well: not itself, none that it has already, none that waits for it. */
function needSuggestions({ outline: { steps } }: WorkflowParts, index: number): Suggestion[] {
  const graph = stepGraph(steps);
  const step = steps.find((one) => one.index === index);
  const self = step?.id?.text;
  const has = new Set(step?.needs.map(({ text }) => text));
  return steps.flatMap(({ id, branch: { entries } }): Suggestion[] => {
    if (id === undefined || id.text === self || has.has(id.text)) return [];
    if (self !== undefined && graph.neededBy(id.text).has(self)) return [];
    const about = entries.get('description')?.value ?? entries.get('prompt')?.value;
    const detail = typeof about === 'string' ? about.trim().split('\n', 1)[0] : undefined;
    return [
      {
        label: id.text,
        insert: yamlScalar(id.text),
        kind: 'step',
        ...(detail === undefined ? {} : { detail }),
      },
    ];
  });
}

/** Those that the file names itself: all there is to offer where it is not known which there are. */
function agentsIn({ outline: { agent, steps } }: WorkflowParts): string[] {
  const names = [agent, ...steps.map((step) => step.agent)].flatMap((word) => word?.text ?? []);
  return [...new Set(names)].filter((name) => !/[\uE000\n]/.test(name));
}

function isOfFileOrStep(path: Path, key: string): boolean {
  return path.at(-1) === key && (path.length === 1 || (path.length === 3 && path[0] === 'steps'));
}
