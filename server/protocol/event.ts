import * as z from 'zod';
import { jsonObject } from './json.ts';
import { isoTime } from './session.ts';

/** Event types that Lockstep itself writes. */
export const builtInEventType = z.enum([
  'start',
  'iteration',
  'iteration_end',
  'tool_call',
  'learning',
  'message',
  'summary',
  'pause',
  'resume',
  'complete',
  'error',
  'timeout',
  'update',
]);

/** The form of every event type, the built-in ones included. */
export const eventType = z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/, {
  error: 'must be a lower-case letter, then at most 63 of a-z 0-9 _ . -',
});

const reserved: ReadonlySet<string> = new Set(builtInEventType.options.filter((type) => type !== 'error'));

/** What `sessions.addEvent` takes: types of the caller's own, and `error` for an error that does not end the session. */
export const customEventType = eventType.refine((type) => !reserved.has(type), {
  error: 'is written by Lockstep itself; choose another name',
});

/** One entry of a session's history. `seq` counts from 1 without gaps within its session. */
export const sessionEvent = z.strictObject({
  seq: z.int().min(1),
  timestamp: isoTime,
  type: eventType,
  data: jsonObject,
});
export type SessionEvent = z.infer<typeof sessionEvent>;
