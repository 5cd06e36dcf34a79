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
        `| ${MARKS[check.status]} | ${markdownText(name)} | ${markdownText(check.message)} |`,
    ),
    '',
    `## ${vscode.l10n.t('Counted since the server started')}`,
    '',
    ...counted.map(([name, count]) => `- ${markdownText(name)}: ${count}`),
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
    `- **${markdownText(name)}**: ${markdownText(message)}`,
    ...(advice === undefined ? [] : [`  ${markdownText(advice)}`]),
  ];
}
