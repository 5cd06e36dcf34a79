import * as vscode from 'vscode';
import type { Health, HealthCheck, HealthStatus } from '../../server/protocol/healthMethods.ts';
import { revealBidi } from '../services/plainText.ts';
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
    ...entries.map(([name, check]) => `| ${MARKS[check.status]} | ${cell(name)} | ${cell(check.message)} |`),
    '',
    `## ${vscode.l10n.t('Counted since the server started')}`,
    '',
    ...counted.map(([name, count]) => `- ${cell(name)}: ${count}`),
    '',
    `## ${vscode.l10n.t('Details')}`,
    '',
    ...fenced(
      JSON.stringify(Object.fromEntries(entries.map(([name, { details }]) => [name, details])), null, 2),
    ),
    '',
  ].join('\n');
}

function adviceOf([name, { message, advice }]: [string, HealthCheck]): string[] {
  return [`- **${cell(name)}**: ${cell(message)}`, ...(advice === undefined ? [] : [`  ${cell(advice)}`])];
}

/** Text from outside as it is, in the middle of a page: nothing in it becomes markup, a link or the end of a cell. */
function cell(text: string): string {
  return revealBidi(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>#|~&]/g, String.raw`\$&`)
    .replaceAll('://', ':\u200b//');
}

/** With a fence that is longer than any in the text. */
function fenced(text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}json`, revealBidi(text), fence];
}
