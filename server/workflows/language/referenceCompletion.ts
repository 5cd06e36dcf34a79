import type { TextDocument } from 'vscode-languageserver-textdocument';
import { CompletionItemKind, type CompletionItem } from 'vscode-languageserver-types';
import type { Path } from '../format/problem.ts';
import { stepGraph } from '../format/stepGraph.ts';
import type { WorkflowOutline } from '../format/workflowOutline.ts';
import { textRange } from './textRange.ts';
import type { TypedReference } from './typedPlace.ts';

/** What may stand in a `${…}`: inputs, outputs of steps and the iteration. Where nothing is filled in, nothing. */
export function referenceItems(
  { parts: { outline }, place, from, to, hasEnd }: TypedReference,
  text: TextDocument,
): CompletionItem[] {
  const filled = place.isKey ? undefined : filledAt(place.path);
  if (filled === undefined) return [];
  const range = textRange(text, from, to);
  const item = (label: string, kind: CompletionItemKind, order: number, detail?: string): CompletionItem => ({
    label,
    kind,
    ...(detail === undefined ? {} : { detail }),
    filterText: label,
    sortText: String(order).padStart(4, '0'),
    textEdit: { range, newText: hasEnd ? label : `${label}}` },
  });
  const inputs = outline.inputs.map(({ name, branch: { entries } }, order) => {
    const about = entries.get('description')?.value;
    const detail = typeof about === 'string' ? about : undefined;
    return item(`inputs.${name.text}`, CompletionItemKind.Variable, order, detail);
  });
  const outputs = filled === 'file' ? [] : outputSteps(outline, filled);
  return [
    ...inputs,
    ...outputs.map(({ id, isNeeded }, order) =>
      item(
        `steps.${id}.output`,
        CompletionItemKind.Reference,
        1000 + order,
        isNeeded ? 'what the step answered last' : 'add the step to needs as well',
      ),
    ),
    item('iteration', CompletionItemKind.Variable, 2000, 'the number of the iteration, from 1'),
  ];
}

/** The place of the step, or the file, in whose texts something is filled in at a path; undefined where nothing is. */
function filledAt(path: Path): number | 'file' | undefined {
  if (path[0] === 'env') return path.length === 2 ? 'file' : undefined;
  const [steps, index, key] = path;
  if (steps !== 'steps' || typeof index !== 'number') return undefined;
  const isText = path.length === 3 && (key === 'prompt' || key === 'until');
  return isText || (path.length === 4 && key === 'env') ? index : undefined;
}

/** The steps whose output a step may use, those that it needs already first. */
function outputSteps({ steps }: WorkflowOutline, index: number): { id: string; isNeeded: boolean }[] {
  const graph = stepGraph(steps);
  const self = steps.find((step) => step.index === index)?.id?.text;
  return steps
    .flatMap(({ id }) => (id === undefined || id.text === self ? [] : [id.text]))
    .filter((id) => self === undefined || !graph.neededBy(id).has(self))
    .map((id) => ({ id, isNeeded: self !== undefined && graph.neededBy(self).has(id) }))
    .sort((one, other) => Number(other.isNeeded) - Number(one.isNeeded));
}
