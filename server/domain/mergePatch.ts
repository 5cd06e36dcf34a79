import { isPlainObject, type JsonObject } from '../protocol/json.ts';

/**
 * JSON merge patch, RFC 7396: null removes a key, objects merge, anything else replaces. Neither argument changes.
 * Built from entries, since assigning to a key named `__proto__` would set a prototype instead.
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(key);
    } else if (isPlainObject(value)) {
      const current = merged.get(key);
      merged.set(key, mergePatch(isPlainObject(current) ? current : {}, value));
    } else {
      merged.set(key, value);
    }
  }
  return Object.fromEntries(merged);
}
