import * as z from 'zod';
import type { Dialect } from './dialect.ts';
import { USED } from './turn.ts';

const part = z.looseObject({ text: z.string().optional(), functionResponse: z.unknown().optional() });
const request = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(part) })),
  tools: z
    .array(z.looseObject({ functionDeclarations: z.array(z.looseObject({ name: z.string() })).default([]) }))
    .default([]),
});
const PATH = /\/models\/([^:]+):streamGenerateContent$/;

/** Gemini's own, of which the answers that come in one piece are not wanted here. */
export const geminiDialect: Dialect = {
  isAt: (path) => PATH.test(path),
  question: (body, path) => {
    const { contents, tools } = request.parse(body);
    const texts = contents
      .filter(({ role }) => role === 'user')
      .map(({ parts }) => parts.map(({ text = '' }) => text).join(''));
    return {
      model: PATH.exec(path)?.[1] ?? '',
      prompt: texts.findLast((text) => text !== '') ?? '',
      hasResult:
        contents.at(-1)?.parts.some(({ functionResponse }) => functionResponse !== undefined) ?? false,
      tools: tools.flatMap(({ functionDeclarations }) => functionDeclarations.map(({ name }) => name)),
    };
  },
  answer: (to, turn, id) => {
    const parts: object[] = [{ text: turn.text }];
    if (turn.kind === 'call') parts.push({ functionCall: { id, name: turn.tool, args: turn.input } });
    const prompt = USED.input + USED.cacheRead;
    to.event({
      candidates: [
        {
          index: 0,
          content: { role: 'model', parts },
          finishReason: turn.kind === 'say' && turn.isCut === true ? 'MAX_TOKENS' : 'STOP',
        },
      ],
      usageMetadata: {
        promptTokenCount: prompt,
        cachedContentTokenCount: USED.cacheRead,
        candidatesTokenCount: USED.output,
        totalTokenCount: prompt + USED.output,
      },
      modelVersion: to.model,
      responseId: id,
    });
    to.end();
  },
};
