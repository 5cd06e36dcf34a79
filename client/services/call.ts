import type * as z from 'zod';
import type { Method } from '../../server/protocol/method.ts';

/** A call of the server. @throws CallError */
export type Call = <P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
) => Promise<z.output<R>>;
