import * as z from 'zod';
import type { SessionEvent } from '../protocol/event.ts';
import type { Tokens } from '../protocol/session.ts';
import { usage as usageSchema } from '../protocol/sessionHistoryMethods.ts';
import type { TranscriptItem } from '../protocol/transcript.ts';
import { shortName } from './transcriptCut.ts';
import { readableText } from './valueText.ts';

const text = z.string();
const messageData = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: text,
  usage: usageSchema.optional().catch(undefined),
});
const toolCallData = z.looseObject({
  name: text,
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  callId: text.optional().catch(undefined),
  durationMs: z.number().min(0).optional().catch(undefined),
  isError: z.boolean().optional().catch(undefined),
});
const learningData = z.looseObject({ insight: text, expertiseFile: text.optional().catch(undefined) });
const startData = z.looseObject({ task: text });
const reasonData = z.looseObject({ reason: text });
const errorData = z.looseObject({ error: text });
const outcomeData = z.looseObject({ outcome: text });
/** What a step of a run is asked in an iteration of its session. */
const promptData = z.strictObject({ prompt: text });
/** Which step's turn an iteration of a run is. */
const turnData = z.strictObject({ step: text, iteration: z.int().optional() });
/** A pause that was left for whoever drives the session. */
const pausingData = z.looseObject({ pausing: z.literal(true), reason: text.optional() });
const summaryData = z.looseObject({ summary: text });

/**
 * An event of Lockstep's own history as a transcript shows it; `iteration` is the number of the one it stands in,
 * 0 before the first. Data of another form than Lockstep writes (a caller
 * may give `error` events any) is shown as it is.
 */
export function itemFromEvent(event: SessionEvent, iteration: number): TranscriptItem {
  const { seq, timestamp, type, data } = event;
  const base = { id: String(seq), position: seq, timestamp };
  const other: TranscriptItem = { ...base, kind: 'other', type: shortName(type), data };
  switch (type) {
    case 'message': {
      const message = messageData.safeParse(data);
      if (!message.success) return other;
      const { role, content, usage } = message.data;
      return {
        ...base,
        kind: 'message',
        role,
        text: content,
        ...(usage ? { tokens: tokensOf(usage) } : {}),
        ...(usage?.model === undefined ? {} : { model: shortName(usage.model) }),
        ...(usage?.costUsd === undefined ? {} : { costUsd: usage.costUsd }),
      };
    }
    case 'tool_call': {
      const call = toolCallData.safeParse(data);
      if (!call.success) return other;
      const { name, input, output, callId, durationMs, isError } = call.data;
      return {
        ...base,
        kind: 'tool_call',
        ...(callId === undefined ? {} : { callId: shortName(callId) }),
        name: shortName(name),
        input,
        result: {
          output: readableText(output),
          isError: isError ?? false,
          ...(durationMs === undefined ? {} : { durationMs }),
        },
      };
    }
    case 'learning': {
      const learning = learningData.safeParse(data);
      if (!learning.success) return other;
      const { insight, expertiseFile } = learning.data;
      return {
        ...base,
        kind: 'learning',
        insight,
        ...(expertiseFile === undefined ? {} : { expertiseFile: shortName(expertiseFile) }),
      };
    }
    case 'summary': {
      const summary = summaryData.safeParse(data);
      return summary.success ? { ...base, kind: 'summary', text: summary.data.summary } : other;
    }
    case 'iteration':
    case 'iteration_end': {
      const words = iterationWords(data);
      return {
        ...base,
        kind: 'iteration',
        phase: type === 'iteration' ? 'begin' : 'end',
        ...(iteration === 0 ? {} : { number: iteration }),
        ...(words === undefined ? {} : { text: words }),
      };
    }
    case 'start': {
      const begun = startData.safeParse(data);
      return { ...base, kind: 'lifecycle', event: type, ...(begun.success ? { text: begun.data.task } : {}) };
    }
    case 'pause':
    case 'resume': {
      const reason = reasonData.safeParse(data);
      return {
        ...base,
        kind: 'lifecycle',
        event: type,
        ...(reason.success ? { text: reason.data.reason } : {}),
      };
    }
    case 'error': {
      const error = errorData.safeParse(data);
      const words = error.success ? error.data.error : jsonOf(data);
      return { ...base, kind: 'lifecycle', event: type, ...(words === undefined ? {} : { text: words }) };
    }
    case 'complete': {
      const { result } = data;
      const words =
        typeof result === 'string' ? result : result === undefined ? undefined : JSON.stringify(result);
      return { ...base, kind: 'lifecycle', event: type, ...(words === undefined ? {} : { text: words }) };
    }
    case 'timeout':
    case 'update': {
      const pausing = pausingData.safeParse(data);
      const words =
        type !== 'update' ? undefined : pausing.success ? pauseRequest(pausing.data) : jsonOf(data);
      return { ...base, kind: 'lifecycle', event: type, ...(words === undefined ? {} : { text: words }) };
    }
    default:
      return other;
  }
}

function iterationWords(data: SessionEvent['data']): string | undefined {
  const outcome = outcomeData.safeParse(data);
  if (outcome.success) return outcome.data.outcome;
  const prompt = promptData.safeParse(data);
  if (prompt.success) return prompt.data.prompt;
  const turn = turnData.safeParse(data);
  return turn.success ? turn.data.step : jsonOf(data);
}

/** Said of an event whose data holds `pausing`. */
export const PAUSE_REQUESTED = 'Asked to pause at the end of the iteration';

function pauseRequest({ reason }: z.output<typeof pausingData>): string {
  return reason === undefined ? PAUSE_REQUESTED : `${PAUSE_REQUESTED}: ${reason}`;
}

function tokensOf(usage: z.output<typeof usageSchema>): Tokens {
  const { input, output, cacheRead, cacheWrite } = usage;
  return { input, output, cacheRead, cacheWrite, total: input + output + cacheRead + cacheWrite };
}

function jsonOf(data: object): string | undefined {
  return Object.keys(data).length === 0 ? undefined : JSON.stringify(data);
}
