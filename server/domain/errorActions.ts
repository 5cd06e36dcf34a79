import type { ErrorAction } from '../protocol/error.ts';

/** The words on the buttons of errors. Static texts only: clients look up their translation. */
export const actionLabels = {
  retry: 'Try Again',
  report: 'Copy Report',
  resume: 'Resume',
  askToPause: 'Ask It to Pause',
} as const;

export const retry: ErrorAction = { kind: 'retry', label: actionLabels.retry };
export const report: ErrorAction = { kind: 'report', label: actionLabels.report };
