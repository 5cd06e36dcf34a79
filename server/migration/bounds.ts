import { isTooDeep, jsonBytes, MAX_JSON_BYTES, MAX_JSON_DEPTH, type JsonObject } from '../protocol/json.ts';
import { sha256 } from './identity.ts';

/** Room for what is added to metadata: where it came from. */
const RESERVED_BYTES = 8 * 1024;

/** Texts and values as the store can hold them; what it cannot is told, and never left out without a word. */
export class Bounds {
  readonly losses: string[] = [];
  readonly notes: string[] = [];

  /** Well-formed text of at most so many bytes of UTF-8; undefined where there is none. `original` keeps the rest. */
  text(value: unknown, maxBytes: number, name: string): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined;
    const text = value.isWellFormed() ? value : value.toWellFormed();
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes) return text;
    this.notes.push(`${name} is cut: it has ${bytes} bytes, and ${maxBytes} is the most.`);
    return Buffer.from(text)
      .subarray(0, maxBytes)
      .toString('utf8')
      .replace(/\uFFFD+$/, '');
  }

  /** As `text`, on one line: control characters become blanks. */
  name(value: unknown, maxBytes: number, name: string): string | undefined {
    if (typeof value !== 'string') return undefined;
    return this.text(value.replaceAll(/\p{Cc}+/gu, ' ').trim(), maxBytes, name);
  }

  /** A label; undefined where it is no label, for half of one would name something else. */
  label(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined;
    const fits = value.isWellFormed() && !/\p{Cc}/u.test(value) && Buffer.byteLength(value) <= 128;
    if (fits) return value;
    this.notes.push('The label cannot be one of Lockstep and is kept in the metadata only.');
    return undefined;
  }

  /** The data of an event. Where it does not fit, its largest parts are replaced by their size and SHA-256. */
  data(data: JsonObject, where: string): JsonObject {
    return this.#fit(data, where, MAX_JSON_BYTES);
  }

  /** Metadata, with room for what a migration adds. */
  metadata(metadata: JsonObject): JsonObject {
    return this.#fit(metadata, 'metadata', MAX_JSON_BYTES - RESERVED_BYTES);
  }

  #fit(value: JsonObject, where: string, most: number): JsonObject {
    const text = JSON.stringify(value);
    const isDeep = mayBeDeep(text) && isTooDeep(value);
    // Most are far below: three bytes of UTF-8 are the most that a UTF-16 unit takes.
    if (!isDeep && (text.length * 3 <= most || Buffer.byteLength(text) <= most)) return value;
    let fitted: JsonObject = { ...value };
    if (isDeep) {
      // Not by assigning: a key may be `__proto__`.
      fitted = Object.fromEntries(
        Object.entries(value).map(([key, part]) => {
          if (!isTooDeep({ part })) return [key, part];
          this.notes.push(`${where}: "${key}" is nested too deeply and is kept as text.`);
          // Deeper than is taken, but a text is not deep at all.
          return [key, { json: JSON.stringify(part) }];
        }),
      );
    }
    while (jsonBytes(fitted) > most) {
      const largest = largestPart(fitted, 0);
      if (largest === undefined) {
        fitted = { omitted: { bytes: Buffer.byteLength(text), sha256: sha256(text) } };
        this.losses.push(`${where} is larger than 1 MiB and is left out.`);
        break;
      }
      this.losses.push(`${where}: "${largest.path}" has ${largest.bytes} bytes and is left out.`);
      fitted = largest.without;
    }
    return fitted;
  }
}

/** Levels that a migration puts around a value. */
const DEPTH_ADDED = 8;

/** Whether a JSON text opens as many objects and lists as a value that is too deep: most do not, and that is quick to see. */
export function mayBeDeep(text: string): boolean {
  let opened = 0;
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (++opened > MAX_JSON_DEPTH - DEPTH_ADDED) return true;
  return false;
}

/** The largest text, or else the largest list, within an object; `without` has its size and SHA-256 in its place. */
function largestPart(
  value: JsonObject,
  depth: number,
): { path: string; bytes: number; without: JsonObject } | undefined {
  let key: string | undefined;
  let bytes = 1024; // smaller ones are no help
  for (const [name, part] of Object.entries(value)) {
    const size = jsonBytes(part);
    if (size > bytes && !isOmitted(part)) [key, bytes] = [name, size];
  }
  if (key === undefined) return undefined;
  const part = value[key];
  if (typeof part === 'object' && part !== null && depth < 8) {
    const inner = largestPart({ ...part }, depth + 1);
    if (inner && inner.bytes > bytes / 2) {
      const without = Array.isArray(part) ? Object.values(inner.without) : inner.without;
      return { path: `${key}.${inner.path}`, bytes: inner.bytes, without: { ...value, [key]: without } };
    }
  }
  const text = JSON.stringify(part);
  return { path: key, bytes, without: { ...value, [key]: { omitted: { bytes, sha256: sha256(text) } } } };
}

function isOmitted(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'omitted' in value && Object.keys(value).length === 1;
}
