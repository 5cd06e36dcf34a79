import * as z from 'zod';
import {
  AGENT_EVENT,
  LEFT_EVENT,
  NOTICE_EVENT,
  OUTPUT_EVENT,
  STATE_EVENT,
  TOLD_EVENT,
} from '../../workflows/run/runRecord.ts';
import { REQUEST_EVENT } from '../../workflows/run/runRequest.ts';

const step = z.looseObject({ step: z.string() });
const WORDS: Readonly<Record<string, z.ZodType<string>>> = {
  [STATE_EVENT]: z
    .looseObject({
      state: z.looseObject({
        status: z.string(),
        steps: z.array(z.looseObject({ id: z.string(), status: z.string(), iterations: z.number() })),
      }),
    })
    .transform(({ state: { status, steps } }) => {
      const each = steps.map(({ id, status, iterations }) => `${id} ${status} (${iterations})`);
      // Without the steps whose turn has not come.
      return [`run ${status}`, ...(each.length === 0 ? [] : [each.join(', ')])].join(': ');
    }),
  [AGENT_EVENT]: step
    .extend({ pid: z.number().optional() })
    .transform(({ step, pid }) => `agent of ${step}${pid === undefined ? '' : `, process ${pid}`}`),
  [OUTPUT_EVENT]: step
    .extend({ output: z.string() })
    .transform(({ step, output }) => `output of ${step}: ${output}`),
  [REQUEST_EVENT]: z
    .looseObject({ kind: z.string() })
    .transform(({ kind, ...rest }) =>
      Object.keys(rest).length === 0 ? `asked to ${kind}` : `asked to ${kind} ${JSON.stringify(rest)}`,
    ),
  [TOLD_EVENT]: z.looseObject({ of: z.string() }).transform(({ of }) => `a person is told of ${of}`),
  [NOTICE_EVENT]: z.looseObject({ text: z.string() }).transform(({ text }) => text),
  [LEFT_EVENT]: z
    .looseObject({ message: z.string().optional() })
    .transform(({ message }) => `left by its process${message === undefined ? '' : `: ${message}`}`),
};

/** What an event of a run of a workflow tells; undefined for any other. */
export function runEventInWords(type: string, data: unknown): string | undefined {
  return Object.hasOwn(WORDS, type) ? WORDS[type]?.safeParse(data).data : undefined;
}
