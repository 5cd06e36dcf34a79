import type { SessionEvent } from '../../protocol/event.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { runEventInWords } from './runEventWords.ts';
import { duration, oneLine } from './text.ts';

/** Longer ones than any terminal is wide: what is cut off here, nobody would see. */
const MOST = 2000;

/** What an event tells, on one line. */
export function eventInWords({ type, data }: SessionEvent): string {
  return oneLine(words(type, data).slice(0, MOST));
}

function words(type: string, data: JsonObject): string {
  const said = (name: string) => value(data[name]);
  switch (type) {
    case 'start':
      return `started: ${said('task')}`;
    case 'iteration':
      return `iteration begins${rest(data)}`;
    case 'iteration_end':
      return `iteration ends${after(said('outcome'))}${rest(data, ['outcome'])}`;
    case 'tool_call': {
      const took = typeof data['durationMs'] === 'number' ? ` (${duration(data['durationMs'])})` : '';
      const failed = data['isError'] === true ? ' failed' : '';
      return `${said('name')} ${said('input')}${took}${failed} -> ${said('output')}`;
    }
    case 'learning':
      return `learned: ${said('insight')}`;
    case 'message':
      return `${said('role')}: ${said('content')}`;
    case 'summary':
      return `summary: ${said('summary') || said('content') || JSON.stringify(data)}`;
    case 'pause':
      return `paused${after(said('reason'))}`;
    case 'resume': {
      const added = data['addIterations'] === undefined ? '' : `, ${said('addIterations')} iterations added`;
      return `resumed${added}${after(said('reason'))}`;
    }
    case 'complete':
      return `completed${after(said('result'))}`;
    case 'error':
      return `error: ${said('error') || JSON.stringify(data)}`;
    case 'timeout':
      return `out of iterations: ${said('iterations')} of ${said('maxIterations')} used`;
    case 'update':
      return data['pausing'] === true ? `pause asked for${after(said('reason'))}` : `changed${rest(data)}`;
    default:
      return runEventInWords(type, data) ?? `${type}${rest(data)}`;
  }
}

function value(given: unknown): string {
  if (given === undefined) return '';
  return typeof given === 'string' ? given : JSON.stringify(given);
}

function after(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

function rest(data: JsonObject, said: readonly string[] = []): string {
  const others = Object.entries(data).filter(([name]) => !said.includes(name));
  return others.length === 0 ? '' : ` ${JSON.stringify(Object.fromEntries(others))}`;
}
