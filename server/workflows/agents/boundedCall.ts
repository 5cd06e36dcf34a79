import { isTooDeep } from '../../protocol/json.ts';
import { MAX_EVENT_TEXT, type AgentEvent } from './agent.ts';

type ToolCall = Extract<AgentEvent, { type: 'toolCall' }>;

/** The call with an input and an output that can be kept: as they are, or as the beginning of their JSON. */
export function boundedCall(call: ToolCall): ToolCall {
  return {
    ...call,
    input: bounded(call.input),
    ...(call.output === undefined ? {} : { output: bounded(call.output) }),
  };
}

function bounded(value: unknown): unknown {
  if (isTooDeep(value)) return '[nested too deeply to be kept]';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
  if (text === undefined) return null;
  if (text.length <= MAX_EVENT_TEXT) return value;
  return `${text.slice(0, MAX_EVENT_TEXT)} [${text.length - MAX_EVENT_TEXT} more characters were not kept]`;
}
