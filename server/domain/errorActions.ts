import type { ErrorAction } from '../protocol/error.ts';

/** The words on the buttons of errors. Static texts only: clients look up their translation. */
export const actionLabels = {
  retry: 'Try Again',
  report: 'Copy Report',
  resume: 'Resume',
  askToPause: 'Ask It to Pause',
  pause: 'Pause',
  recover: 'Recover…',
  openFile: 'Open File',
  openBackup: 'Open Newest Backup',
} as const;

export const retry: ErrorAction = { kind: 'retry', label: actionLabels.retry };
export const report: ErrorAction = { kind: 'report', label: actionLabels.report };

/** Shows what could be saved; nothing is changed by it. */
export const recover: ErrorAction = {
  kind: 'command',
  label: actionLabels.recover,
  method: 'store.recover',
  params: { dryRun: true },
};

/** Of a damaged file that is not ours to mend. */
export function openFile(url: string): ErrorAction {
  return { kind: 'link', label: actionLabels.openFile, url };
}

export function openBackup(url: string): ErrorAction {
  return { kind: 'link', label: actionLabels.openBackup, url };
}
