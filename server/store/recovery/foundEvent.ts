import { eventType } from '../../protocol/event.ts';
import { jsonBytes, MAX_JSON_BYTES, type JsonObject } from '../../protocol/json.ts';
import type { Field } from './record.ts';
import { idRule, isTime, objectText, seqRule } from './rowRules.ts';

/** The type of an event in place of one that could not be read. */
export const LOST_EVENT = 'lost';

/** An event as it goes into the new store. */
export interface FoundEvent {
  readonly sessionId: string;
  readonly seq: number;
  /** Milliseconds since the epoch; undefined where it could not be read. */
  readonly timestamp: number | undefined;
  readonly type: string;
  /** JSON. */
  readonly data: string;
  /** Whether all of it could be read. */
  readonly sound: boolean;
}

/** The event of a row of `events`, read at the time `now`; undefined where nobody could say whose event it is, and which. */
export function eventOf(row: ReadonlyMap<string, Field | undefined>, now: number): FoundEvent | undefined {
  const sessionId = idRule.safeParse(idTextOf(row.get('session_id')));
  const seq = seqRule.min(1).safeParse(row.get('seq')?.value);
  if (!sessionId.success || !seq.success) return undefined;
  const type = soundText(row.get('type'));
  const data = soundText(row.get('data'));
  const time = row.get('timestamp')?.value;
  const timestamp = isTime(time, now) ? time : undefined;
  const key = { sessionId: sessionId.data, seq: seq.data, timestamp };
  if (type !== undefined && data !== undefined && eventType.safeParse(type).success) {
    if (objectText.safeParse(data).success) return { ...key, type, data, sound: true };
  }
  return { ...key, ...lostEvent(row.get('type'), row.get('data')), sound: false };
}

/** An id of which bytes are wrong still tells its session, if the others are right: one character for each byte. */
export function idTextOf(field: Field | undefined): unknown {
  return field?.bytes ? field.bytes.toString('latin1') : field?.value;
}

function soundText(field: Field | undefined): string | undefined {
  return field?.sound && typeof field.value === 'string' ? field.value : undefined;
}

function lostEvent(type: Field | undefined, data: Field | undefined) {
  const typeText = typeof type?.value === 'string' ? { type: type.value.toWellFormed().slice(0, 256) } : {};
  const text = typeof data?.value === 'string' ? data.value.toWellFormed() : undefined;
  const withText = (length: number): JsonObject => ({
    reason: 'damaged in the store',
    ...typeText,
    ...(text === undefined ? {} : { text: text.slice(0, length).toWellFormed() }),
  });
  // A character takes up to six bytes of JSON, so what fits is found by trying.
  let length = text?.length ?? 0;
  while (jsonBytes(withText(length)) > MAX_JSON_BYTES) length = Math.floor(length / 2);
  return { type: LOST_EVENT, data: JSON.stringify(withText(length)) };
}

/** What stands in the place of `missing` events of which nothing was found. */
export function missingEventData(missing: number): string {
  return JSON.stringify({
    reason: 'not found in the damaged store',
    ...(missing === 1 ? {} : { missing }),
  });
}
