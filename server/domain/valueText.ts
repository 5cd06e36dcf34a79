/** Indented where that reads well: indenting deep values can make thousands of times as much of them. */
const MAX_INDENTED = 2000;

/** A value as one text: JSON in the shortest form, unless it is text. */
export function compactText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A value as a person reads it: as {@link compactText}, but small ones over several lines. */
export function readableText(value: unknown): string {
  const compact = compactText(value);
  if (typeof value === 'string' || compact === '' || compact.length > MAX_INDENTED) return compact;
  return JSON.stringify(value, null, 2);
}
