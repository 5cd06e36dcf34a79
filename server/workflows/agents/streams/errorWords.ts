import * as z from 'zod';

const answer = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** The words of an error in which an agent repeats all that its model's endpoint answered, as JSON. What is around it stays. */
export function errorWords(text: string): string {
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}') + 1];
  if (from === -1 || to <= from) return text;
  try {
    const { error } = answer.parse(JSON.parse(text.slice(from, to)));
    return `${text.slice(0, from)}${error.message}${text.slice(to)}`;
  } catch {
    return text;
  }
}
