import * as z from 'zod';
import { wordsOf, type Dialect } from './dialect.ts';
import { USED } from './turn.ts';

const content = z
  .union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))])
  .nullish()
  .transform((value) =>
    typeof value === 'string' ? value : (value ?? []).map(({ text = '' }) => text).join(''),
  );
const request = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content })),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
});

/** OpenAI's chat completions, which pi and opencode speak. */
export const chatDialect: Dialect = {
  isAt: (path) => path.endsWith('/chat/completions'),
  question: (body) => {
    const { model, messages, tools } = request.parse(body);
    return {
      model,
      prompt: messages.findLast(({ role }) => role === 'user')?.content ?? '',
      hasResult: messages.at(-1)?.role === 'tool',
      tools: tools.map((tool) => tool.function.name),
    };
  },
  answer: (to, turn, id) => {
    const base = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: 0, model: to.model };
    const choice = (delta: object, finish: string | null = null) =>
      to.event({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
    choice({ role: 'assistant', content: '' });
    for (const word of wordsOf(turn.text)) choice({ content: word });
    if (turn.kind === 'call') {
      const call = { name: turn.tool, arguments: JSON.stringify(turn.input) };
      choice({ tool_calls: [{ index: 0, id: `call_${id}`, type: 'function', function: call }] });
      choice({}, 'tool_calls');
    } else choice({}, turn.isCut === true ? 'length' : 'stop');
    const prompt = USED.input + USED.cacheRead;
    to.event({
      ...base,
      choices: [],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: USED.output,
        total_tokens: prompt + USED.output,
        prompt_tokens_details: { cached_tokens: USED.cacheRead },
      },
    });
    to.event('[DONE]');
    to.end();
  },
};
