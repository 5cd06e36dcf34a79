import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import type { SessionSummary } from './sessionModel.ts';

/** The longest text that `sessions.find` takes. */
export const MAX_FILTER = 1024;

/** Whether a session of Lockstep's own matches: in the fields in which the store looks for those not loaded yet. */
export function sessionMatches({ title, task, label, id }: SessionSummary, text: string): boolean {
  return contains([title, task, label, id], text);
}

export function sourceMatches({ title, cwd, id, openclaw }: SourceSession, text: string): boolean {
  return contains([title, cwd, id, openclaw?.key], text);
}

export function pathMatches(path: string, text: string): boolean {
  return contains([path], text);
}

function contains(fields: readonly (string | undefined)[], text: string): boolean {
  const wanted = text.toLowerCase();
  return fields.some((field) => field?.toLowerCase().includes(wanted));
}
