import * as vscode from 'vscode';
import type { Health, HealthCheck, HealthStatus } from '../../server/protocol/healthMethods.ts';
import { markdownBlock, markdownText } from '../services/markdownText.ts';
import { fullTime } from './age.ts';

export function healthLabel(status: HealthStatus): string {
  switch (status) {
    case 'healthy':
      return vscode.l10n.t('all is well');
    case 'starting':
      return vscode.l10n.t('starting');
    case 'degraded':
      return vscode.l10n.t('something wants attention');
    case 'unhealthy':
      return vscode.l10n.t('something does not work');
  }
}

const MARKS: Readonly<Record<HealthStatus, string>> = {
  healthy: '✓',
  starting: '…',
  degraded: '!',
  unhealthy: '✗',
};

/** What the doctor found, as a page of markdown. */
export function doctorReport({ status, timestamp, checks, counters }: Health): string {
  const entries = Object.entries(checks);
  const wrong = entries.filter(([, check]) => check.status !== 'healthy');
  const counted = Object.entries(counters);
  return [
    `# ${vscode.l10n.t('Lockstep: {0}', healthLabel(status))}`,
    '',
    vscode.l10n.t('Looked at {0}.', fullTime(timestamp)),
    '',
    ...(wrong.length === 0 ? [] : [`## ${vscode.l10n.t('What to do')}`, '', ...wrong.flatMap(adviceOf), '']),
    `## ${vscode.l10n.t('Checks')}`,
    '',
    `| | ${vscode.l10n.t('Check')} | ${vscode.l10n.t('Finding')} |`,
    '| - | - | - |',
    ...entries.map(
      ([name, check]) =>
        `| ${MARKS[check.status]} | ${markdownText(checkLabel(name))} | ${markdownText(check.message)} |`,
    ),
    '',
    `## ${vscode.l10n.t('Counted since the server started')}`,
    '',
    ...counted.map(([name, count]) => `- ${markdownText(counterLabel(name))}: ${count}`),
    '',
    `## ${vscode.l10n.t('Details')}`,
    '',
    markdownBlock(
      JSON.stringify(Object.fromEntries(entries.map(([name, { details }]) => [name, details])), null, 2),
      'json',
    ),
    '',
  ].join('\n');
}

function adviceOf([name, { message, advice }]: [string, HealthCheck]): string[] {
  return [
    `- **${markdownText(checkLabel(name))}**: ${markdownText(message)}`,
    ...(advice === undefined ? [] : [`  ${markdownText(advice)}`]),
  ];
}

/** Checks that this version does not know keep their own name. */
function checkLabel(name: string): string {
  switch (name) {
    case 'liveness':
      return vscode.l10n.t('Server');
    case 'startup':
      return vscode.l10n.t('Start');
    case 'readiness':
      return vscode.l10n.t('Store, disk and agents');
    case 'locks':
      return vscode.l10n.t('Locks');
    case 'memory':
      return vscode.l10n.t('Memory');
    case 'integrity':
      return vscode.l10n.t('Integrity of the store');
    default:
      return name;
  }
}

function counterLabel(name: string): string {
  switch (name) {
    case 'storeRetries':
      return vscode.l10n.t('Tries again because another process was writing');
    case 'leaseWaits':
      return vscode.l10n.t('Waits for a lease');
    case 'leaseConflicts':
      return vscode.l10n.t('Calls that a lease refused');
    case 'takeOvers':
      return vscode.l10n.t('Leases ended on proof of death');
    case 'lockFileWaits':
      return vscode.l10n.t('Waits for a lock file');
    case 'lockFilesRemoved':
      return vscode.l10n.t('Stale lock files removed');
    default:
      return name;
  }
}
