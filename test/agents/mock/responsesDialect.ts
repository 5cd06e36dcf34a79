import * as z from 'zod';
import { wordsOf, type Dialect } from './dialect.ts';
import { USED } from './turn.ts';

const item = z.looseObject({
  type: z.string().default('message'),
  role: z.string().optional(),
  content: z.array(z.looseObject({ text: z.string().default('') })).catch([]),
});
const request = z.looseObject({
  model: z.string(),
  input: z.array(item),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })).default([]),
});

/** OpenAI's responses, which codex speaks. */
export const responsesDialect: Dialect = {
  isAt: (path) => path.endsWith('/responses'),
  question: (body) => {
    const { model, input, tools } = request.parse(body);
    const said = input.findLast(({ type, role }) => type === 'message' && role === 'user');
    return {
      model,
      prompt: (said?.content ?? []).map(({ text }) => text).join(''),
      hasResult: input.at(-1)?.type.endsWith('_output') ?? false,
      tools: tools.map(({ type, name }) => name ?? type),
    };
  },
  answer: (to, turn, id) => {
    const event = (type: string, data: object) => to.event({ type, ...data }, type);
    const response = { id: `resp_${id}`, object: 'response', model: to.model };
    event('response.created', { response: { ...response, status: 'in_progress', output: [] } });
    const output: object[] = [];
    const tell = (item: object, begin: object, words: readonly string[] = []) => {
      const place = { output_index: output.length };
      event('response.output_item.added', {
        ...place,
        item: { ...item, ...begin, status: 'in_progress' },
      });
      for (const delta of words) event('response.output_text.delta', { ...place, content_index: 0, delta });
      event('response.output_item.done', { ...place, item });
      output.push(item);
    };
    const content = [{ type: 'output_text', text: turn.text, annotations: [] }];
    const message = { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content };
    tell(message, { content: [] }, wordsOf(turn.text));
    if (turn.kind === 'call') {
      const ids = { id: `fc_${id}`, call_id: `call_${id}` };
      const call = { name: turn.tool, arguments: JSON.stringify(turn.input), status: 'completed' };
      tell({ type: 'function_call', ...ids, ...call }, { arguments: '' });
    }
    const prompt = USED.input + USED.cacheRead;
    const usage = {
      input_tokens: prompt,
      input_tokens_details: { cached_tokens: USED.cacheRead },
      output_tokens: USED.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: prompt + USED.output,
    };
    const whole = { ...response, output, usage };
    if (turn.kind === 'say' && turn.isCut === true) {
      const why = { incomplete_details: { reason: 'max_output_tokens' } };
      event('response.incomplete', { response: { ...whole, status: 'incomplete', ...why } });
    } else event('response.completed', { response: { ...whole, status: 'completed' } });
    to.end();
  },
};
