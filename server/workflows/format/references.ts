export type Reference =
  { readonly kind: 'input'; readonly name: string } | { readonly kind: 'output'; readonly step: string };

/** `$${` stands for `${` as it is. */
const REFERENCE = /\$\$\{|\$\{(?:inputs\.([\w-]+)|steps\.([\w-]+)\.output)\}/g;

export function references(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name, step]): Reference[] => {
    if (name !== undefined) return [{ kind: 'input', name }];
    return step === undefined ? [] : [{ kind: 'output', step }];
  });
}

/** The text with what `value` gives in place of its references; one without a value stays as it is written. */
export function filledIn(text: string, value: (reference: Reference) => string | undefined): string {
  return text.replaceAll(REFERENCE, (written: string, name?: string, step?: string) => {
    if (name !== undefined) return value({ kind: 'input', name }) ?? written;
    if (step !== undefined) return value({ kind: 'output', step }) ?? written;
    return '${';
  });
}
