import type { RunState } from '../../domain/workflowRunState.ts';

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
      return `Reached its limit ${reason ?? ''}${where}: ${used ?? '?'} of ${limit ?? '?'}.`;
    }
    case 'active':
    case 'pausing':
    case 'stopping':
    case 'completed':
      return undefined;
  }
}
