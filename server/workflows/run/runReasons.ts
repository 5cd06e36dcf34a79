import type { RunState } from '../../domain/workflowRunState.ts';

/** Which steps of a run that is parked for want of iterations lost their last one, without an end, and why. */
export function cutsOf({ steps, parkedFor }: Pick<RunState, 'steps' | 'parkedFor'>): string[] {
  const { reason, step } = parkedFor ?? {};
  if (reason !== 'iterations' && reason !== 'stepIterations') return [];
  return steps
    .filter(({ id, cut }) => cut !== undefined && (step === undefined || id === step))
    .map(({ id, cut }) => `Step ${id}: its last iteration was cut: ${cut ?? ''}`);
}

/** Why a run goes no further, or rests, for the history of its session; undefined while it goes on. */
export function reasonOf({ status, steps, parkedFor }: RunState): string | undefined {
  switch (status) {
    case 'failed':
      return steps
        .filter((step) => step.status === 'failed')
        .map(({ id, message }) => `Step ${id} failed${message === undefined ? '.' : `: ${message}`}`)
        .join('\n');
    case 'stopped':
      return 'It was stopped.';
    case 'paused':
      return 'Paused.';
    case 'parked': {
      const { reason, step, used, limit } = parkedFor ?? {};
      if (reason === 'gate') return `Waits at the gate of step ${step ?? ''}.`;
      const where = step === undefined ? '' : ` in step ${step}`;
      const reached = `Reached its limit ${reason ?? ''}${where}: ${used ?? '?'} of ${limit ?? '?'}.`;
      return [reached, ...cutsOf({ steps, parkedFor })].join('\n');
    }
    case 'active':
    case 'pausing':
    case 'stopping':
    case 'completed':
      return undefined;
  }
}
