import { existsSync } from 'node:fs';

/** The mark of a store that is being replaced: while it is there, nobody opens the store or writes to it. */
export function replacementOf(path: string): string {
  return `${path}-replacing`;
}

export function isBeingReplaced(path: string): boolean {
  return existsSync(replacementOf(path));
}
