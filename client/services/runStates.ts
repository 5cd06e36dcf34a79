import { MAX_ITERATIONS } from '../../server/protocol/session.ts';
import type { Run } from '../../server/protocol/workflowMethods.ts';

type State = Pick<Run, 'status' | 'questions'>;

export function isEnded({ status }: Pick<Run, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'stopped';
}

/** Whether it goes on only when a person says something. One that a person paused waits for nobody. */
export function waitsForPerson({ status, questions }: State): boolean {
  return status === 'parked' || (questions.length > 0 && !isEnded({ status }));
}

/** Whether it uses what its agents cost: something of it is in flight, or is about to be. */
export function isAtWork({ status }: Pick<Run, 'status'>): boolean {
  return status === 'active' || status === 'pausing' || status === 'stopping';
}

export function canPause({ status }: Pick<Run, 'status'>): boolean {
  return status === 'active';
}

/** Without anything to be said: it goes on as it was. */
export function canResume({ status }: Pick<Run, 'status'>): boolean {
  return status === 'paused' || status === 'pausing' || status === 'interrupted';
}

/** Whether its gate can be opened, its budget or its limits raised. */
export function canContinue({ status }: Pick<Run, 'status'>): boolean {
  return status !== 'stopping' && !isEnded({ status });
}

export function canStop({ status }: Pick<Run, 'status'>): boolean {
  return canContinue({ status });
}

export function canAnswer({ status, questions }: State): boolean {
  return questions.length > 0 && !isEnded({ status });
}

/** How many more iterations may be added to a run, at least one: more than there may be is for the server to refuse. */
export function mostToAdd({ maxIterations }: Pick<Run, 'maxIterations'>): number {
  return Math.max(1, MAX_ITERATIONS - maxIterations);
}

/** How many more to offer where `limit` are used up: as many again. */
export function proposedIterations(limit: number, run: Pick<Run, 'maxIterations'>): number {
  return Math.min(limit, mostToAdd(run));
}
