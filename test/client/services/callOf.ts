import type * as z from 'zod';
import type { Call } from '../../../client/services/call.ts';
import type { Method } from '../../../server/protocol/method.ts';

/** A server, as a stand-in: `answers` gives what each method results in, by its name. */
export function callOf(answers: (method: string, params: unknown) => unknown) {
  const calls: { readonly method: string; readonly params: unknown }[] = [];
  const call: Call = async <P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ) => {
    calls.push({ method: method.name, params });
    return method.result.parse(await answers(method.name, params));
  };
  return { call, calls };
}
