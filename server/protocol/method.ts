import type * as z from 'zod';

/** How long a call may take where its method does not say otherwise, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 60_000;

/** One method of the wire, as every door shows it. */
export interface Method<Params extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  /** `noun.verb`; over LSP `lockstep/noun.verb`. */
  readonly name: string;
  /** One line for people: CLI help, API reference. */
  readonly summary: string;
  /** Whether a call can change the store. */
  readonly mutates: boolean;
  readonly params: Params;
  readonly result: Result;
  /** Milliseconds; {@link DEFAULT_DEADLINE_MS} if unset. */
  readonly deadlineMs?: number;
  /** The words for params that were refused, where they are not Lockstep's own. */
  readonly paramProblems?: (issues: readonly z.core.$ZodIssue[], params: unknown) => string;
  /** Whether a call may wait for others' doing: such calls hold up no other call of their client. */
  readonly waits?: boolean;
}

export type ParamsOf<M extends Method> = z.output<M['params']>;
/** What a caller writes: fields with a default may be left out. */
export type CallParamsOf<M extends Method> = z.input<M['params']>;
export type ResultOf<M extends Method> = z.output<M['result']>;

/** Keeps the exact types of a definition, so that handlers and callers get them by inference. */
export function defineMethod<Params extends z.ZodType, Result extends z.ZodType>(
  method: Method<Params, Result>,
): Method<Params, Result> {
  return method;
}
