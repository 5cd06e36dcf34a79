import * as z from 'zod';
import { STDIN_IS_LIFE } from './launchRunner.ts';

export interface RunSettings {
  /** How many iterations of one run may be in flight at once. */
  readonly parallelSteps: number;
  /** How long an agent's question waits for a window, or another client, that shows it to a person, in milliseconds. */
  readonly claimMs: number;
  /** Runs end with the process that started them. */
  readonly endWithWindow: boolean;
}

const parallelSteps = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(16))
  .catch(2);

/** Says to a window's server, and to the CLI of an agent, that runs end with it. */
export const END_WITH_WINDOW = 'LOCKSTEP_RUNS_END_WITH_WINDOW';

export function runSettings(env: NodeJS.ProcessEnv): RunSettings {
  return {
    parallelSteps: parallelSteps.parse(env['LOCKSTEP_RUNS_PARALLEL']),
    claimMs: 10_000,
    endWithWindow: env[END_WITH_WINDOW] === '1',
  };
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
