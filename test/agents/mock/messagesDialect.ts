import * as z from 'zod';
import { wordsOf, type Dialect } from './dialect.ts';
import { USED } from './turn.ts';

const block = z.looseObject({ type: z.string(), text: z.string().optional() });
const request = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(block)]) })),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** Anthropic's messages, which claude speaks. */
export const messagesDialect: Dialect = {
  isAt: (path) => path.endsWith('/messages'),
  question: (body) => {
    const { model, messages, tools } = request.parse(body);
    const blocks = (content: string | z.infer<typeof block>[]) =>
      typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const texts = messages
      .filter(({ role }) => role === 'user')
      .map(({ content }) =>
        blocks(content)
          .flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []))
          .join('\n'),
      );
    return {
      model,
      prompt: texts.findLast((text) => text !== '') ?? '',
      hasResult: blocks(messages.at(-1)?.content ?? '').some(({ type }) => type === 'tool_result'),
      tools: tools.map(({ name }) => name),
    };
  },
  answer: (to, turn, id) => {
    const event = (type: string, data: object = {}) => to.event({ type, ...data }, type);
    const usage = {
      input_tokens: USED.input,
      cache_read_input_tokens: USED.cacheRead,
      cache_creation_input_tokens: 0,
      output_tokens: 1,
    };
    const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model: to.model, content: [] };
    event('message_start', { message: { ...message, stop_reason: null, stop_sequence: null, usage } });
    const block = (index: number, begin: object, deltas: readonly object[]) => {
      event('content_block_start', { index, content_block: begin });
      for (const delta of deltas) event('content_block_delta', { index, delta });
      event('content_block_stop', { index });
    };
    const words = wordsOf(turn.text).map((text) => ({ type: 'text_delta', text }));
    block(0, { type: 'text', text: '' }, words);
    if (turn.kind === 'call')
      block(1, { type: 'tool_use', id: `toolu_${id}`, name: turn.tool, input: {} }, [
        { type: 'input_json_delta', partial_json: JSON.stringify(turn.input) },
      ]);
    const stop = turn.kind === 'call' ? 'tool_use' : turn.isCut === true ? 'max_tokens' : 'end_turn';
    event('message_delta', {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: USED.output },
    });
    event('message_stop');
    to.end();
  },
};
