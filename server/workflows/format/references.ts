export type Reference =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'output'; readonly step: string }
  | { readonly kind: 'iteration' };

/** A `${…}` of a text. Offsets are in UTF-16 units of that text. */
export interface WrittenReference {
  /** Undefined where it stands for nothing: it stays as it is. */
  readonly reference: Reference | undefined;
  readonly from: number;
  readonly to: number;
  /** Of the name of the input or step in it. */
  readonly name: readonly [from: number, to: number] | undefined;
}

/** `$${` stands for `${` as it is. */
const REFERENCE = /\$\$\{|\$\{(?:inputs\.([\w-]+)|steps\.([\w-]+)\.output|(iteration))\}/g;
/** The same, with what only looks like one. */
const ANY = new RegExp(`${REFERENCE.source}|\\$\\{[^\\s{}]*\\}?`, 'gd');

export function writtenReferences(text: string): WrittenReference[] {
  return [...text.matchAll(ANY)].flatMap((found): WrittenReference[] => {
    const { 0: written, 1: input, 2: step, 3: iteration, index: from, indices } = found;
    if (written === '$${') return [];
    return [
      {
        reference: referenceOf(input, step, iteration),
        from,
        to: from + written.length,
        name: indices?.[1] ?? indices?.[2],
      },
    ];
  });
}

/** The text with what `value` gives in place of its references; one without a value stays as it is written. */
export function filledIn(text: string, value: (reference: Reference) => string | undefined): string {
  return text.replaceAll(
    REFERENCE,
    (written: string, input?: string, step?: string, iteration?: string): string => {
      const reference = referenceOf(input, step, iteration);
      return reference === undefined ? '${' : (value(reference) ?? written);
    },
  );
}

function referenceOf(input?: string, step?: string, iteration?: string): Reference | undefined {
  if (input !== undefined) return { kind: 'input', name: input };
  if (step !== undefined) return { kind: 'output', step };
  return iteration === undefined ? undefined : { kind: 'iteration' };
}
