import { v7 as uuidv7 } from 'uuid';
import type * as z from 'zod';
import { toWireError } from '../domain/errorCatalogue.ts';
import { LockstepError } from '../domain/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { WireError } from '../protocol/error.ts';
import { DEFAULT_DEADLINE_MS, type Method } from '../protocol/method.ts';
import type { Caller } from './caller.ts';

export type Outcome =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: WireError };

interface Entry {
  readonly method: Method;
  readonly run: (params: unknown, caller: Caller) => Promise<unknown>;
}

/**
 * Every method by name, whichever door it is called through. A call never throws: whatever goes wrong in a handler
 * stays in its call.
 */
export class Registry {
  readonly #entries = new Map<string, Entry>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  register<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    handler: (params: z.output<P>, caller: Caller) => Promise<z.output<R>>,
  ): void {
    if (this.#entries.has(method.name)) throw new Error(`${method.name} is registered twice`);
    this.#entries.set(method.name, {
      method,
      run: (params, caller) => handler(parseParams(method, params), caller),
    });
  }

  methods(): Method[] {
    return [...this.#entries.values()].map(({ method }) => method);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Whether calls of a method may wait for others' doing. */
  waits(name: string): boolean {
    return this.#entries.get(name)?.method.waits ?? false;
  }

  /** `name` has to be one of `methods()`: doors have their own way to say that a method does not exist. */
  async call(name: string, params: unknown, caller: Caller = {}): Promise<Outcome> {
    const requestId = uuidv7();
    const begun = performance.now();
    try {
      const entry = this.#entries.get(name);
      if (!entry) throw new Error(`There is no method ${name}`);
      const { method, run } = entry;
      const result = await beforeDeadline(method, (isLate) => run(params, { ...caller, isLate }));
      this.#logger.log('debug', name, { requestId, ms: Math.round(performance.now() - begun) });
      return { ok: true, result };
    } catch (thrown) {
      const error = toWireError(thrown, requestId);
      const level = error.code === 'INTERNAL' ? 'error' : 'info';
      const stack = error.code === 'INTERNAL' && thrown instanceof Error ? { stack: thrown.stack } : {};
      this.#logger.log(level, `${name} failed: ${error.message}`, { requestId, code: error.code, ...stack });
      return { ok: false, error };
    }
  }
}

function parseParams<P extends z.ZodType>(method: Method<P>, params: unknown): z.output<P> {
  const parsed = method.params.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    param:
      issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys].join('.') : issue.path.join('.'),
    problem: issue.code === 'unrecognized_keys' ? 'is not a parameter' : issue.message,
  }));
  const words = problems.map(({ param, problem }) => (param === '' ? problem : `${param}: ${problem}`));
  const message =
    method.paramProblems?.(parsed.error.issues, params) ?? `${method.name}: ${words.join('; ')}.`;
  throw new LockstepError('INVALID_PARAMS', message, { details: { problems } });
}

async function beforeDeadline(
  method: Method,
  work: (isLate: () => boolean) => Promise<unknown>,
): Promise<unknown> {
  const deadlineMs = method.deadlineMs ?? DEFAULT_DEADLINE_MS;
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      const message = `${method.name} gave no answer within ${deadlineMs / 1000} s.`;
      reject(new LockstepError('TIMEOUT', message, { details: { method: method.name, deadlineMs } }));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(() => isLate), late]);
  } finally {
    clearTimeout(timer);
  }
}
