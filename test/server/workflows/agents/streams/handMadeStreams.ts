import type { AgentEvent } from '../../../../../server/workflows/agents/agent.ts';
import type { Preset } from '../../../../../server/workflows/agents/presets.ts';
import type { StreamOutcome } from '../../../../../server/workflows/agents/streams/streamReader.ts';
import { STREAM_READERS } from '../../../../../server/workflows/agents/streams/streamReaders.ts';

/*
 * The streams here are made by hand, for what the recorded ones (presetRecordings.test.ts) do not hold: in the formats that
 * the agents' sources and documents tell of.
 */

interface Read {
  readonly events: readonly AgentEvent[];
  readonly end: StreamOutcome;
}

/** The events of these lines, and of their end. */
export function read(
  preset: Preset,
  lines: readonly unknown[],
  { code, rest = '' }: { readonly code?: number; readonly rest?: string } = {},
): Read {
  const reader = STREAM_READERS[preset]();
  const events = lines.flatMap((line) =>
    reader.lines([typeof line === 'string' ? line : JSON.stringify(line)]),
  );
  const end = reader.end({ code, rest: rest === '' ? undefined : rest });
  return { events: [...events, ...(end.events ?? [])], end };
}

/** What a person sees of events: usage apart. */
export function shown(events: readonly AgentEvent[]): unknown[] {
  return events.flatMap((event): unknown[] => {
    switch (event.type) {
      case 'message':
        return [`${event.role}: ${event.text}`];
      case 'toolCall':
        return [
          [event.status, event.callId, event.name, event.input, ...('output' in event ? [event.output] : [])],
        ];
      case 'notice':
      case 'raw':
        return [`${event.type}: ${event.text}`];
      default:
        return [];
    }
  });
}

export const lastUsage = (events: readonly AgentEvent[]) =>
  events.findLast((event) => event.type === 'usage');
