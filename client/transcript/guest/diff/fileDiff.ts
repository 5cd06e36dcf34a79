/** `gap` is what stands between the parts of a file that are shown: a hunk's head, or a text about the file. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'gap';
  /** Without the sign, and without the line's end. */
  readonly text: string;
}

/** What changed in one file. */
export interface FileDiff {
  readonly path?: string | undefined;
  readonly lines: readonly DiffLine[];
}

export function countsOf({ lines }: FileDiff): { readonly added: number; readonly removed: number } {
  const count = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length;
  return { added: count('added'), removed: count('removed') };
}

/** As a text with signs, for copying. */
export function diffText({ lines }: FileDiff): string {
  return lines.map(({ kind, text }) => `${signs[kind]}${text}`).join('\n');
}

export const signs = { same: ' ', added: '+', removed: '-', gap: '' } as const;
