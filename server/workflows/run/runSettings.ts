import * as z from 'zod';
import { STDIN_IS_LIFE } from './launchRunner.ts';

export interface RunSettings {
  /** How many iterations of one run may be in flight at once. */
  readonly parallelSteps: number;
  /** How long an agent's question waits for a window, or another client, that shows it to a person, in milliseconds. */
  readonly claimMs: number;
  /** Runs end with the process that started them. */
  readonly endWithWindow: boolean;
  /** What could not be understood, each a sentence for a person. */
  readonly problems: readonly string[];
}

/** Of a value that cannot be understood, in UTF-16 units. */
const MAX_SHOWN = 80;

/** Says how many steps of a run are at work at once. */
export const PARALLEL = 'LOCKSTEP_RUNS_PARALLEL';
const PARALLEL_UNSET = 2;
const MOST_PARALLEL = 16;
const parallelSteps = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(MOST_PARALLEL));

/** Says to a window's server, and to the CLI of an agent, that runs end with it. */
export const END_WITH_WINDOW = 'LOCKSTEP_RUNS_END_WITH_WINDOW';
const switches = z.enum(['0', '1']);

/** What cannot be understood keeps nobody from their runs: it is as if it were not set, and a problem that is told of. */
export function runSettings(env: NodeJS.ProcessEnv): RunSettings {
  const [parallel, end] = [read(env, PARALLEL, parallelSteps), read(env, END_WITH_WINDOW, switches)];
  return {
    parallelSteps: parallel.value ?? PARALLEL_UNSET,
    claimMs: 10_000,
    endWithWindow: end.value === '1',
    problems: [
      ...parallel.wrong.map(
        (set) =>
          `${set}, and is to be a whole number from 1 to ${MOST_PARALLEL}: ${PARALLEL_UNSET} is taken.`,
      ),
      ...end.wrong.map((set) => `${set}, and is to be 0 or 1: 0 is taken.`),
    ],
  };
}

/** The value, where it is set; `wrong` is the beginning of a sentence, where it cannot be understood. */
function read<T>(
  env: NodeJS.ProcessEnv,
  name: string,
  type: z.ZodType<T>,
): { readonly value?: T; readonly wrong: readonly string[] } {
  const set = env[name];
  if (set === undefined || set === '') return { wrong: [] };
  const parsed = type.safeParse(set);
  if (parsed.success) return { value: parsed.data, wrong: [] };
  return { wrong: [`The environment variable ${name} is ${JSON.stringify(set.slice(0, MAX_SHOWN))}`] };
}

/** Keys, and the right to a session, are not for what the shell of `until` starts. */
const OWN = ['LOCKSTEP_AGENTS', 'LOCKSTEP_SESSION', 'LOCKSTEP_LEASE', STDIN_IS_LIFE, 'ELECTRON_RUN_AS_NODE'];

/** The environment of `until`: the person's, as in a terminal. */
export function shellEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const own = new Set(OWN);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || own.has(name) ? [] : [[name, value]],
    ),
  );
}
