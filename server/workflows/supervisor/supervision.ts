import { isInEnvironment } from './linuxMembers.ts';
import type { ProcessGroup } from './processGroup.ts';

/** The environment variable by which a supervisor is told from its agent: it holds the agent's marker, and no agent has it. */
export const SUPERVISES = 'LOCKSTEP_SUPERVISES';

/**
 * Whether the agent's supervisor is there: then its runner is there as well, or the supervisor is about to end the agent,
 * and nobody else need do it. Undefined where that cannot be told: elsewhere than on Linux.
 */
export async function isSupervised({ marker }: Pick<ProcessGroup, 'marker'>): Promise<boolean | undefined> {
  return process.platform === 'linux' ? isInEnvironment(`${SUPERVISES}=${marker}`) : undefined;
}
