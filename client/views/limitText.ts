import * as vscode from 'vscode';
import type { RunLimit } from '../../server/protocol/workflowMethods.ts';
import { bytesText, dollars, fullCount, spanText } from './age.ts';

type LimitName = RunLimit['name'];

export function limitName(name: LimitName): string {
  switch (name) {
    case 'wallClock':
      return vscode.l10n.t('Time');
    case 'tokens':
      return vscode.l10n.t('Tokens');
    case 'costUsd':
      return vscode.l10n.t('Cost');
    case 'output':
      return vscode.l10n.t('Output');
    case 'memory':
      return vscode.l10n.t('Memory');
    case 'cpus':
      return vscode.l10n.t('Processors');
    case 'pids':
      return vscode.l10n.t('Processes');
    case 'disk':
      return vscode.l10n.t('Disk');
  }
}

/** An amount of what a limit is on, with its unit. */
export function amountText(name: LimitName, amount: number): string {
  switch (name) {
    case 'wallClock':
      return spanText(amount);
    case 'costUsd':
      return dollars(amount);
    case 'output':
    case 'memory':
    case 'disk':
      return bytesText(amount);
    case 'tokens':
    case 'cpus':
    case 'pids':
      return fullCount(amount);
  }
}

/** Who holds runs to a limit: what nobody does is not to look like a promise. */
export function enforcementText(enforcedBy: RunLimit['enforcedBy']): string {
  switch (enforcedBy) {
    case 'runner':
      return vscode.l10n.t('enforced by Lockstep');
    case 'reports':
      return vscode.l10n.t('checked as agents report it, so one iteration may go over it');
    case 'systemd':
      return vscode.l10n.t('enforced by the system');
    case 'nobody':
      return vscode.l10n.t('not enforced on this computer');
  }
}

/** A limit before a run, as a line for a person. */
export function plannedLimitText({ name, limit, enforcedBy }: RunLimit): string {
  return vscode.l10n.t('at most {0} ({1})', amountText(name, limit), enforcementText(enforcedBy));
}

/** A limit with how far a run is, as a line for a person. */
export function limitText(runLimit: RunLimit): string {
  const { name, limit, used, enforcedBy } = runLimit;
  const most = amountText(name, limit);
  if (used !== undefined)
    return vscode.l10n.t('{0} of {1} ({2})', amountText(name, used), most, enforcementText(enforcedBy));
  return enforcedBy === 'reports'
    ? vscode.l10n.t('at most {0} (not reported so far; {1})', most, enforcementText(enforcedBy))
    : plannedLimitText(runLimit);
}
