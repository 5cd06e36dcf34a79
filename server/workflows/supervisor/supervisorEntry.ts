import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the entry point stands: from this file in the sources, from an entry point's bundle, from a chunk of it. */
const PLACES = ['../../supervisor.ts', './supervisor.js', '../supervisor.js'];

/** The path of the supervisor's program. */
export function supervisorEntry(from: string = import.meta.url): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(place, from)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`the supervisor's program is at none of ${paths.join(', ')}`);
  return found;
}
