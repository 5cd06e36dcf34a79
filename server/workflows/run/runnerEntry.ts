import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the command stands: from this file in the sources, from an entry point's bundle, from a chunk of it. */
const PLACES = ['../../cli.ts', './cli.js', '../cli.js'];

/** The path of the `lockstep` command, whose `drive` drives a run. */
export function runnerEntry(from: string = import.meta.url): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(place, from)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`the lockstep command is at none of ${paths.join(', ')}`);
  return found;
}
