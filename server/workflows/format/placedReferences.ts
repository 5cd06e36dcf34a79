import type { Scalar } from 'yaml';
import { writtenReferences, type Reference } from './references.ts';

/** A `${…}` in a value of a file. Offsets are in UTF-16 units of the file. */
export interface PlacedReference {
  /** Undefined where it stands for nothing. */
  readonly reference: Reference | undefined;
  readonly from: number;
  readonly to: number;
  /** Of the name of the input or step in it. */
  readonly name: readonly [from: number, to: number] | undefined;
  /** As it is in the value. */
  readonly text: string;
  /** Whether it is written there letter by letter; else all ranges are those of the whole value. */
  readonly isExact: boolean;
  /** The key whose value it is in; `env` of those in it. */
  readonly key: string;
  readonly node: Scalar;
}

/**
 * The references in a text of a file. What they are is read from the value; where they are, from how it is written. The two
 * differ where quotes have escapes or a comment stands behind the `|`.
 */
export function placedReferences(file: string, node: Scalar, key: string): PlacedReference[] {
  const value = String(node.value);
  const inValue = writtenReferences(value);
  if (inValue.length === 0) return [];
  const [start, end] = node.range ?? [0, 0];
  const written = file.slice(start, end);
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  const head = isBlock ? written.indexOf('\n') + 1 : 0;
  const inFile = writtenReferences(written.slice(head));
  const shift = start + head;
  const isExact =
    inFile.length === inValue.length &&
    inFile.every(({ from, to }, index) => {
      const same = inValue[index];
      return same !== undefined && written.slice(head + from, head + to) === value.slice(same.from, same.to);
    });
  return inValue.map(({ reference, from, to }, index): PlacedReference => {
    const text = value.slice(from, to);
    const place = isExact ? inFile[index] : undefined;
    const whole =
      reference === undefined || reference.kind === 'iteration' ? undefined : ([start, end] as const);
    const name = place === undefined ? whole : place.name && shifted(place.name, shift);
    return {
      reference,
      text,
      key,
      node,
      isExact,
      from: place === undefined ? start : shift + place.from,
      to: place === undefined ? end : shift + place.to,
      name,
    };
  });
}

function shifted([from, to]: readonly [number, number], by: number): readonly [number, number] {
  return [from + by, to + by];
}
