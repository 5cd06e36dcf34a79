import { LockstepError } from '../../domain/errors.ts';

const MORE = 10;

/** An error of a run that wants iterations, with the offer to add some. */
export function withMoreOffered(id: string, error: unknown): unknown {
  if (!(error instanceof LockstepError) || error.code !== 'ITERATION_LIMIT') return error;
  const { step } = error.details;
  const params = { id, addIterations: MORE, ...(typeof step === 'string' ? { step } : {}) };
  return new LockstepError(error.code, error.message, {
    details: { ...error.details, id },
    actions: [{ kind: 'command', label: `Continue with ${MORE} More`, method: 'runs.continue', params }],
    cause: error,
  });
}
