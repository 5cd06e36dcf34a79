import type { Scalar } from 'yaml';
import type { PlacedReference } from '../format/placedReferences.ts';
import type { Word } from '../format/workflowOutline.ts';
import type { WorkflowParts } from '../format/workflowParts.ts';

/** A place where a step or an input is named. `from` and `to` are offsets of the name alone, in UTF-16 units. */
export interface Occurrence {
  readonly kind: 'step' | 'input';
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isDefinition: boolean;
  /** Whether the name is written there letter by letter; else the range is that of the whole value. */
  readonly isExact: boolean;
  /** Whether it is a part of a text, as `${…}`. */
  readonly isReference: boolean;
  readonly node: Scalar;
}

/** All places where steps and inputs are named, in no order. */
export function occurrences({ outline }: WorkflowParts): Occurrence[] {
  const named = (kind: Occurrence['kind'], isDefinition: boolean) => (word: Word) => ({
    kind,
    name: word.text,
    from: word.from,
    to: word.to,
    isDefinition,
    isExact: word.isExact,
    isReference: false,
    node: word.node,
  });
  return [
    ...outline.inputs.map(({ name }) => named('input', true)(name)),
    ...outline.steps.flatMap(({ id, needs, references }) => [
      ...(id === undefined ? [] : [named('step', true)(id)]),
      ...needs.map(named('step', false)),
      ...references.flatMap(referenceOccurrence),
    ]),
    ...outline.references.flatMap(referenceOccurrence),
  ];
}

function referenceOccurrence({ reference, name, isExact, node }: PlacedReference): Occurrence[] {
  if (reference === undefined || reference.kind === 'iteration' || name === undefined) return [];
  const [kind, text] =
    reference.kind === 'input' ? (['input', reference.name] as const) : (['step', reference.step] as const);
  const [from, to] = name;
  return [{ kind, name: text, from, to, isDefinition: false, isExact, isReference: true, node }];
}

export function occurrenceAt(parts: WorkflowParts, offset: number): Occurrence | undefined {
  return occurrences(parts).find(({ from, to }) => from <= offset && offset <= to);
}

/** All places where the same step or input is named. */
export function sameName(parts: WorkflowParts, { kind, name }: Occurrence): Occurrence[] {
  return occurrences(parts).filter((other) => other.kind === kind && other.name === name);
}
