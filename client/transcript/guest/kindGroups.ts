import type { GuestState } from '../messages.ts';
import type { TranscriptStrings } from '../strings.ts';

type Kinds = NonNullable<GuestState['kinds']>;
export type KindGroup = keyof TranscriptStrings['kindGroups'];

/** The kinds that a reader turns off and on together. Every kind stands in one of them. */
export const kindGroups: Readonly<Record<KindGroup, Kinds>> = {
  messages: ['message', 'summary'],
  thinking: ['thinking'],
  tools: ['tool_call', 'tool_result'],
  iterations: ['iteration', 'lifecycle', 'compaction'],
  other: ['learning', 'model_change', 'note', 'other'],
};

export const groupNames: readonly KindGroup[] = ['messages', 'thinking', 'tools', 'iterations', 'other'];

export function isShown(kinds: GuestState['kinds'], group: KindGroup): boolean {
  return kinds === undefined || kindGroups[group].every((kind) => kinds.includes(kind));
}

/** The kinds with a group turned on or off; undefined for everything, which the last one that is turned off is too. */
export function toggled(kinds: GuestState['kinds'], group: KindGroup): GuestState['kinds'] {
  const shown = groupNames.filter((name) => (name === group ? !isShown(kinds, name) : isShown(kinds, name)));
  if (shown.length === 0 || shown.length === groupNames.length) return undefined;
  return shown.flatMap((name) => kindGroups[name]);
}
