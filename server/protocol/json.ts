import * as z from 'zod';

/** 1 MiB: the most that one `data`, `context`, `metadata`, `result` or message may take as UTF-8 JSON (DESIGN, section 4). */
export const MAX_JSON_BYTES = 1024 * 1024;

/** Objects and arrays in each other deeper than this are refused: whatever recurses over them would overflow. */
export const MAX_JSON_DEPTH = 200;

export type JsonObject = { [key: string]: unknown };

/** An object that is no array. */
export function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is nested over {@link MAX_JSON_DEPTH}. Level by level: recursion is what deep values break. */
export function isTooDeep(value: unknown): boolean {
  let level: object[] = typeof value === 'object' && value !== null ? [value] : [];
  for (let depth = 0; depth < MAX_JSON_DEPTH; depth++) {
    const next: object[] = [];
    for (const item of level)
      for (const child of Object.values(item) as unknown[])
        if (typeof child === 'object' && child !== null) next.push(child);
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}

/** UTF-8 bytes of a value's JSON; a value that JSON cannot hold counts as infinitely large, so that it is refused. */
export function jsonBytes(value: unknown): number {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? Infinity : new TextEncoder().encode(text).length;
  } catch {
    return Infinity; // a cycle or a bigint
  }
}

const tooDeep = `must be nested at most ${MAX_JSON_DEPTH} levels deep`;
const tooLarge = `must be JSON of at most ${MAX_JSON_BYTES} bytes (1 MiB)`;

/**
 * A JSON object of the caller's own, at most 1 MiB. Not `z.record`: that copies the object and leaves out a
 * `__proto__` key, and what a caller stores has to come back as it was.
 */
export const jsonObject = z
  .custom<JsonObject>(isPlainObject, { error: 'must be an object', abort: true })
  .refine((value) => !isTooDeep(value), { error: tooDeep, abort: true })
  .refine((value) => jsonBytes(value) <= MAX_JSON_BYTES, tooLarge)
  .meta({ type: 'object' });

/** Any JSON value of the caller's own, at most 1 MiB. */
export const jsonValue = z
  .custom<unknown>((value) => value !== undefined, { error: 'must be a JSON value', abort: true })
  .refine((value) => !isTooDeep(value), { error: tooDeep, abort: true })
  .refine((value) => jsonBytes(value) <= MAX_JSON_BYTES, tooLarge)
  .meta({ description: 'any JSON value' });

/**
 * Text that can be stored as it is: SQLite keeps UTF-8, in which a lone surrogate has no form, so it would come
 * back changed. `maxBytes` is counted as UTF-8.
 */
export function text(maxBytes: number) {
  return z
    .string()
    .min(1)
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode (it holds a lone surrogate)')
    .refine(
      (value) => new TextEncoder().encode(value).length <= maxBytes,
      `must be at most ${maxBytes} bytes`,
    );
}

/** Text that may be empty, with the limits of {@link text}. */
export function textOrEmpty(maxBytes: number) {
  return z.union([z.literal(''), text(maxBytes)]);
}
