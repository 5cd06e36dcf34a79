import type * as z from 'zod';
import type { Method } from '../../protocol/method.ts';

/**
 * Calls of the registry, by a client that stays connected: the leases that it acquires are renewed.
 * @throws LockstepError as the method does
 */
export type Call = <P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
) => Promise<z.output<R>>;
