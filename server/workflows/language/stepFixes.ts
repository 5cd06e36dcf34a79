import { isScalar, isSeq, type YAMLMap } from 'yaml';
import type { Problem } from '../format/problem.ts';
import type { StepOutline } from '../format/workflowOutline.ts';
import type { WorkflowDocument } from '../format/workflowDocument.ts';
import { headRange, rangeOf } from '../format/yamlTree.ts';
import { yamlScalar } from './yamlScalar.ts';

/** One edit; `from` and `to` are offsets in UTF-16 units. */
export interface Fix {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly newText: string;
}

/** Puts an id in front of all that a step has. */
export function missingIdFix({ text, outline }: WorkflowDocument, problem: Problem): Fix[] {
  const step = stepAround(outline.steps, problem);
  if (step === undefined) return [];
  const taken = new Set(outline.steps.map(({ id }) => id?.text));
  let number = step.index + 1;
  while (taken.has(`step${number}`)) number++;
  const id = `step${number}`;
  const [start] = rangeOf(step.map);
  const title = `Add id: ${id}`;
  if (step.map.items.length === 0) {
    const newText = ` id: ${id}${text[start + 1] === ' ' ? '' : ' '}`;
    return [{ title, from: start + 1, to: start + 1, newText }];
  }
  const fix = newKey(text, step.map, headRange(step.branch)[0], `id: ${id}`);
  return fix === undefined ? [] : [{ ...fix, title }];
}

/** Adds a step to what another needs, whose output it uses. */
export function needFix(parsed: WorkflowDocument, problem: Problem, need: string): Fix[] {
  const { text, outline } = parsed;
  const step = stepAround(outline.steps, problem);
  if (step === undefined) return [];
  const fix = addedNeed(text, step, problem, yamlScalar(need));
  return fix === undefined ? [] : [{ ...fix, title: `Add ${need} to needs` }];
}

type Edit = Omit<Fix, 'title'>;

function addedNeed(text: string, step: StepOutline, problem: Problem, need: string): Edit | undefined {
  const needs = step.branch.entries.get('needs');
  if (needs === undefined) {
    const user = [...step.branch.entries.values()].find(({ node }) => {
      const [from, to] = node === undefined ? [0, 0] : rangeOf(node);
      return from <= problem.from && problem.to <= to;
    });
    if (user?.key === undefined) return undefined;
    return newKey(text, step.map, rangeOf(user.key)[0], `needs: [${need}]`);
  }
  const { node } = needs;
  if (node === undefined) return undefined;
  const [from, to] = rangeOf(node);
  if (isScalar(node)) return from === to && node.value === null ? inserted(from, ` [${need}]`) : undefined;
  if (!isSeq(node)) return undefined;
  const last = needs.items.at(-1)?.node;
  if (node.flow === true)
    return last === undefined ? inserted(from + 1, need) : inserted(rangeOf(last)[1], `, ${need}`);
  if (last === undefined || text.slice(...rangeOf(last)).includes('\n')) return undefined;
  return inserted(rangeOf(last)[1], `\n${' '.repeat(columnOf(text, from))}- ${need}`);
}

/**
 * A key before another of its map; on a line of its own, except between braces. Undefined where that one is not the
 * first thing on its line.
 */
export function newKey(text: string, map: YAMLMap, before: number, key: string): Edit | undefined {
  if (map.flow === true) return inserted(before, `${key}, `);
  const column = columnOf(text, before);
  if (!/^ *(?:- +)*$/.test(text.slice(before - column, before))) return undefined;
  return inserted(before, `${key}\n${' '.repeat(column)}`);
}

function inserted(at: number, newText: string): Edit {
  return { from: at, to: at, newText };
}

function columnOf(text: string, offset: number): number {
  return offset === 0 ? 0 : offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function stepAround(steps: readonly StepOutline[], { from, to }: Problem): StepOutline | undefined {
  return steps.find(({ map }) => rangeOf(map)[0] <= from && to <= rangeOf(map)[1]);
}
