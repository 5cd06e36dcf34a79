import { MAX_STEPS } from './workflowFile.ts';
import type { StepOutline } from './workflowOutline.ts';

/** What needs what, in a file that may be wrong. A step that is there twice is the first one. */
export interface StepGraph {
  readonly ids: ReadonlySet<string>;
  /** All that a step needs, directly or not; itself as well where it is in a cycle. Empty for a step that is not there. */
  neededBy(id: string): ReadonlySet<string>;
  /** The shortest way along the needs, from a step to another; undefined where there is none. */
  way(from: string, to: string): readonly string[] | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/** Of the first steps and needs: there cannot be more of them than there is room for, and a file with more says so. */
export function stepGraph(steps: readonly StepOutline[]): StepGraph {
  const direct = new Map<string, readonly string[]>();
  for (const { id, needs } of steps.slice(0, MAX_STEPS)) {
    if (id === undefined || direct.has(id.text)) continue;
    const ids = needs.slice(0, MAX_STEPS).map(({ text }) => text);
    direct.set(id.text, ids);
  }
  const known = new Map<string, ReadonlySet<string>>();
  return {
    ids: new Set(direct.keys()),
    neededBy(id) {
      const found = known.get(id) ?? (direct.has(id) ? reached(direct, id) : NONE);
      known.set(id, found);
      return found;
    },
    way(from, to) {
      const before = new Map<string, string | undefined>([[from, undefined]]);
      // A map is walked in the order in which it grows.
      for (const [id] of before) {
        if (id === to) return wayBack(before, to);
        for (const need of direct.get(id) ?? []) if (!before.has(need)) before.set(need, id);
      }
      return undefined;
    },
  };
}

function reached(direct: ReadonlyMap<string, readonly string[]>, id: string): Set<string> {
  const all = new Set(direct.get(id));
  for (const next of all) for (const need of direct.get(next) ?? []) all.add(need);
  return all;
}

function wayBack(before: ReadonlyMap<string, string | undefined>, to: string): string[] {
  const way: string[] = [];
  for (let at: string | undefined = to; at !== undefined; at = before.get(at)) way.unshift(at);
  return way;
}
