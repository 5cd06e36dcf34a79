import * as vscode from 'vscode';
import type { StoreRecovery } from '../../server/protocol/storeMethods.ts';
import { markdownBlock, markdownText } from '../services/markdownText.ts';
import { fullCount } from './age.ts';

/** What could be saved of a store, or was, as a page of markdown. */
export function recoveryReport(recovery: StoreRecovery): string {
  const { from, applied, kept, sessions, events, pages, problems } = recovery;
  const heading = applied
    ? vscode.l10n.t('Lockstep: The Store Was Recovered')
    : vscode.l10n.t('Lockstep: What Can Be Recovered');
  const saved = applied ? vscode.l10n.t('Saved') : vscode.l10n.t('Can Be Saved');
  const lost = vscode.l10n.t('Damaged or Lost');
  return [
    `# ${heading}`,
    '',
    applied
      ? vscode.l10n.t('What was saved is the store now.')
      : vscode.l10n.t('This is the plan. Nothing was changed.'),
    '',
    `| | ${saved} | ${lost} |`,
    '| - | -: | - |',
    `| ${vscode.l10n.t('Sessions, also those in the trash')} | ${fullCount(sessions.saved)} | ${markdownText(rebuiltText(recovery))} |`,
    `| ${vscode.l10n.t('Events')} | ${fullCount(events.saved)} | ${markdownText(eventsText(recovery))} |`,
    `| ${vscode.l10n.t('Pages of the file')} | ${fullCount(pages.total - pages.unreadable)} | ${markdownText(pagesText(recovery))} |`,
    '',
    `## ${vscode.l10n.t('Files')}`,
    '',
    ...fileOf(vscode.l10n.t('Read from:'), from),
    ...(kept === undefined
      ? applied
        ? []
        : [vscode.l10n.t('The file that is the store now is kept, under another name beside it.'), '']
      : fileOf(vscode.l10n.t('What was the store before is kept:'), kept)),
    ...(problems.length === 0
      ? []
      : [
          `## ${vscode.l10n.t('What Was Found')}`,
          '',
          ...problems.map((problem) => `- ${markdownText(problem)}`),
          '',
        ]),
  ].join('\n');
}

/** The same in a few sentences, for a question. */
export function recoverySummary(recovery: StoreRecovery): string {
  const { applied, sessions, events } = recovery;
  const counts = [fullCount(sessions.saved), fullCount(events.saved)] as const;
  const saved = applied
    ? vscode.l10n.t('Saved: {0} sessions with {1} events.', ...counts)
    : vscode.l10n.t('Can be saved: {0} sessions with {1} events.', ...counts);
  if (isWhole(recovery)) return `${saved} ${vscode.l10n.t('Nothing damaged was found.')}`;
  return [
    saved,
    ...(sessions.rebuilt === 0 ? [] : [`${rebuiltText(recovery)}.`]),
    events.lost === 0 && events.damaged === 0
      ? vscode.l10n.t('No event is known to be lost.')
      : vscode.l10n.t('Events: {0}.', eventsText(recovery)),
  ].join(' ');
}

function isWhole({ sessions, events, pages, problems }: StoreRecovery): boolean {
  return (
    sessions.rebuilt === 0 &&
    events.damaged === 0 &&
    events.lost === 0 &&
    pages.unreadable === 0 &&
    problems.length === 0
  );
}

function rebuiltText({ sessions }: StoreRecovery): string {
  if (sessions.rebuilt === 0) return vscode.l10n.t('none');
  return vscode.l10n.t('{0} of them made anew from their events', fullCount(sessions.rebuilt));
}

function eventsText({ events }: StoreRecovery): string {
  const parts = [
    ...(events.lost === 0
      ? []
      : [vscode.l10n.t('{0} lost, with a note in their place', fullCount(events.lost))]),
    ...(events.damaged === 0 ? [] : [vscode.l10n.t('{0} kept as text only', fullCount(events.damaged))]),
  ];
  return parts.length === 0 ? vscode.l10n.t('none') : parts.join(', ');
}

function pagesText({ pages }: StoreRecovery): string {
  return pages.unreadable === 0
    ? vscode.l10n.t('none')
    : vscode.l10n.t('{0} of {1} cannot be read', fullCount(pages.unreadable), fullCount(pages.total));
}

function fileOf(words: string, path: string): string[] {
  return [words, '', markdownBlock(path, ''), ''];
}
