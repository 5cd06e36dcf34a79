import { MAX_OUTPUT_TEXT } from '../agent.ts';

/** The end of an answer, for `output` of a result: `{ output, truncated? }`. Never cuts a character in two. */
export function answerTail(text: string): { output: string; truncated?: true } {
  if (text.length <= MAX_OUTPUT_TEXT) return { output: text };
  const tail = text.slice(-MAX_OUTPUT_TEXT);
  return { output: /^[\uDC00-\uDFFF]/.test(tail) ? tail.slice(1) : tail, truncated: true };
}
