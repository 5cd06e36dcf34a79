import { relative } from 'node:path';
import type { agentsList, Workflow } from '../../protocol/workflowMethods.ts';
import type { ResultOf } from '../../protocol/method.ts';
import { enforcerColumn, limitColumns } from './limitWords.ts';
import { table } from './table.ts';
import { counted, manyLines, oneLine, shellWord } from './text.ts';

export type Agent = ResultOf<typeof agentsList>['agents'][number];
type Step = Workflow['steps'][number];

/** What is wrong with a workflow file, as compilers say it, so that editors and terminals find the place. */
export function problemLines({ file, problems }: Workflow): string[] {
  const shown = shownPath(file);
  return problems.map(
    ({ severity, message, line, character }) =>
      `${shown}:${line + 1}:${character + 1}: ${severity}: ${oneLine(message)}`,
  );
}

/** From where the person is, if it is below. */
export function shownPath(file: string): string {
  const path = relative('.', file);
  return path === '' || path.startsWith('..') ? file : path;
}

/**
 * All that a person has to know before they let a workflow run here. Nothing is cut to fit the terminal: what is not
 * seen is not agreed to.
 */
export function workflowInWords(workflow: Workflow, agents: readonly Agent[], folder: string): string[] {
  const { name, description, file, steps, limits } = workflow;
  const said = description === undefined ? '' : `: ${oneLine(description)}`;
  return [
    `${oneLine(name)}${said}`,
    `${shownPath(file)}, in ${folder}`,
    '',
    ...stepTable(steps),
    '',
    'What it runs on this machine',
    ...programLines(steps, agents),
    '',
    `At most ${counted(workflow.maxIterations, 'iteration')} in all. ${PERMISSIONS[workflow.permissions]}`,
    ...(limits.length === 0 ? [] : ['', ...table([...limitColumns, enforcerColumn], limits, undefined)]),
  ];
}

const PERMISSIONS: Readonly<Record<Workflow['permissions'], string>> = {
  ask: 'Where an agent asks whether it may do something, you are asked; where nobody can be, it is refused.',
  refuse: 'Where an agent asks whether it may do something, it is refused.',
  allow: 'Where an agent asks whether it may do something, it is allowed, and nobody is asked.',
};

function stepTable(steps: readonly Step[]): string[] {
  return table<Step>(
    [
      { heading: 'STEP', cell: ({ id }) => id },
      { heading: 'AGENT', cell: ({ agent }) => agent },
      { heading: 'AT MOST', cell: ({ maxIterations }) => String(maxIterations), align: 'right' },
      { heading: 'AFTER', cell: ({ needs }) => needs.join(', ') },
      { heading: 'GATE', cell: ({ hasGate }) => (hasGate ? 'waits for you' : '') },
      { heading: '', cell: ({ description }) => description ?? '' },
    ],
    steps,
    undefined,
  );
}

function programLines(steps: readonly Step[], agents: readonly Agent[]): string[] {
  const named = new Set(steps.map(({ agent }) => agent));
  return [
    ...agents
      .filter(({ name }) => named.has(name))
      .flatMap((agent) =>
        indented(`agent ${agent.name}${agent.isExperimental ? ' (experimental)' : ''}:`, agentCommand(agent)),
      ),
    ...steps.flatMap(({ id, until }) =>
      until === undefined ? [] : indented(`shell, after each iteration of ${id}:`, until),
    ),
    ...environments(steps).flatMap(([env, ids]) => indented(`environment of ${ids.join(', ')}:`, env)),
  ];
}

/** What is set, as one would type it, and for which steps: most have the same. */
function environments(steps: readonly Step[]): [env: string, steps: string[]][] {
  const all = new Map<string, string[]>();
  for (const { id, env } of steps) {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${shellText(value)}`);
    const text = lines.join('\n');
    if (text !== '') all.set(text, [...(all.get(text) ?? []), id]);
  }
  return [...all];
}

/** On one line: a further line of a value could pass for another variable. */
function shellText(value: string): string {
  const breaks = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
  if (!breaks.test(value)) return shellWord(value);
  const escaped = value
    .replaceAll(/[\\']/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll(breaks, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `$'${escaped}'`;
}

/** The program and its arguments, as one would type them. */
export function agentCommand({ command }: Agent): string {
  return command.map(shellWord).join(' ');
}

function indented(title: string, text: string): string[] {
  return [
    `  ${title}`,
    ...manyLines(text.trimEnd())
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}
