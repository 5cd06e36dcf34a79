import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { isStale, type Lock, type LockFormat, type LockReason } from '../../server/protocol/lock.ts';
import { Commands } from '../ids.ts';
import { listText } from '../services/plainText.ts';
import { fullTime, shortAge } from './age.ts';
import type { LockGroup } from './lockNode.ts';
import { groupOfLock } from './lockNode.ts';
import { tooltipOf } from './sessionItem.ts';

export function lockGroupLabel(group: LockGroup): string {
  switch (group) {
    case 'stale':
      return vscode.l10n.t('Stale');
    case 'held':
      return vscode.l10n.t('Held');
    case 'unverifiable':
      return vscode.l10n.t('Unverifiable');
    case 'leftBehind':
      return vscode.l10n.t('Left Behind');
  }
}

export function lockGroupIcon(group: LockGroup): vscode.ThemeIcon {
  switch (group) {
    case 'stale':
      return new vscode.ThemeIcon('unlock', new vscode.ThemeColor('list.warningForeground'));
    case 'held':
      return new vscode.ThemeIcon('lock', new vscode.ThemeColor('charts.green'));
    case 'unverifiable':
      return new vscode.ThemeIcon('question', new vscode.ThemeColor('descriptionForeground'));
    case 'leftBehind':
      return new vscode.ThemeIcon('history', new vscode.ThemeColor('descriptionForeground'));
  }
}

export function formatLabel(format: LockFormat): string {
  switch (format) {
    case 'lockstep':
      return 'Lockstep';
    case 'openclaw':
      return 'OpenClaw';
    case 'claude-code':
      return 'Claude Code';
    case 'codex':
      return 'Codex';
    case 'proper-lockfile':
    case 'opencode':
      return format;
  }
}

/** Why a lock is taken for what it is, as a clause. */
export function reasonText(reason: LockReason): string {
  switch (reason) {
    case 'dead-pid':
      return vscode.l10n.t('its process is gone');
    case 'recycled-pid':
      return vscode.l10n.t('another process has its pid now');
    case 'other-boot':
      return vscode.l10n.t('the computer was restarted since');
    case 'not-held':
      return vscode.l10n.t('no process has it locked');
    case 'missing-pid':
      return vscode.l10n.t('it names no process');
    case 'invalid-createdAt':
      return vscode.l10n.t('it does not say when it was made');
    case 'too-old':
      return vscode.l10n.t('it is old');
    case 'expired':
      return vscode.l10n.t('it has run out: anyone may take over');
    case 'other-host':
      return vscode.l10n.t('its process is on another computer');
    case 'other-namespace':
      return vscode.l10n.t('its process is in another container');
    case 'shared-root':
      return vscode.l10n.t('containers use this folder too, where the pid may be that of another process');
    case 'guarded-file-changed':
      return vscode.l10n.t('what it guards was changed a moment ago');
    case 'probe-failed':
      return vscode.l10n.t('the system does not tell whether its process still lives');
    case 'no-owner-recorded':
      return vscode.l10n.t('it does not say who holds it');
    case 'unreadable':
      return vscode.l10n.t('it is not a file that can be read');
  }
}

/** Who holds a lock, short enough for a list. */
export function ownerText({ name, pid, host }: Lock['owner']): string | undefined {
  const process = pid === undefined ? undefined : vscode.l10n.t('pid {0}', pid);
  return name === undefined ? (process ?? host) : listText(name);
}

/** The session's title, or the file's name with the ids in it cut short: the whole name is in the tooltip. */
export function lockLabel(lock: Lock): string {
  if (lock.kind === 'lease') return listText(lock.guards);
  // The names of our own are hashes.
  const name = basename(lock.format === 'lockstep' ? lock.guards : (lock.path ?? lock.guards));
  return listText(name.replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…'));
}

export interface LockLook {
  /** It is held for longer than the user wants to know of. */
  readonly isOverdue: boolean;
  /** Its session can be asked to pause. */
  readonly canPause: boolean;
}

/** The row of a lock. */
export function lockItem(lock: Lock, { isOverdue, canPause }: LockLook, now: number): vscode.TreeItem {
  const group = groupOfLock(lock);
  const item = new vscode.TreeItem(lockLabel(lock));
  const since = new Date(Math.max(0, now - lock.ageMs)).toISOString();
  const owner = ownerText(lock.owner);
  item.description = [
    owner,
    shortAge(since, now),
    lock.reasons.includes('expired') ? vscode.l10n.t('expired') : undefined,
    lock.removable ? undefined : formatLabel(lock.format),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
  item.iconPath =
    isOverdue && group !== 'stale'
      ? new vscode.ThemeIcon('watch', new vscode.ThemeColor('list.warningForeground'))
      : lockGroupIcon(group);
  item.contextValue = `lock.${shapeOf(lock)}.${isStale(lock) ? 'stale' : canPause ? 'pausable' : 'kept'}`;
  item.tooltip = tooltip(lock, since, isOverdue);
  if (lock.kind === 'lease') {
    item.command = {
      command: Commands.openLockedSession,
      title: vscode.l10n.t('Open Session'),
      arguments: [{ type: 'lock', lock }],
    };
  }
  const spoken = vscode.l10n.t(
    '{0}, {1}, held by {2} since {3}',
    lockLabel(lock),
    lockGroupLabel(group),
    owner ?? vscode.l10n.t('unknown'),
    fullTime(since),
  );
  const because = [
    ...lock.reasons.map(reasonText),
    ...(isOverdue ? [vscode.l10n.t('held for longer than expected')] : []),
  ];
  item.accessibilityInformation = { label: [spoken, ...because].join(', ') };
  return item;
}

/** What can be done with a lock goes by this: a folder cannot be opened, and a note may hold what is not to be seen. */
function shapeOf({ kind, format }: Lock): 'lease' | 'file' | 'folder' | 'note' {
  if (kind === 'lease') return 'lease';
  switch (format) {
    case 'openclaw':
      return 'file';
    case 'lockstep':
    case 'proper-lockfile':
      return 'folder';
    case 'claude-code':
    case 'codex':
    case 'opencode':
      return 'note';
  }
}

function tooltip(lock: Lock, since: string, isOverdue: boolean): string {
  const { owner, reasons, fence, expiresAt } = lock;
  return tooltipOf(lockLabel(lock), [
    [vscode.l10n.t('Verdict'), verdictText(lock)],
    [vscode.l10n.t('Because'), reasons.length === 0 ? undefined : reasons.map(reasonText).join('; ')],
    [vscode.l10n.t('Holder'), owner.name],
    [vscode.l10n.t('Process'), owner.pid === undefined ? undefined : String(owner.pid)],
    [vscode.l10n.t('Computer'), owner.host],
    [vscode.l10n.t('Since'), fullTime(since)],
    [vscode.l10n.t('Overdue'), isOverdue ? vscode.l10n.t('held for longer than expected') : undefined],
    [vscode.l10n.t('Guards'), lock.kind === 'lease' ? undefined : lock.guards],
    [vscode.l10n.t('Kind'), kindText(lock)],
    [vscode.l10n.t('Fence'), fence === undefined ? undefined : String(fence)],
    [vscode.l10n.t('Lasts until'), expiresAt === undefined ? undefined : fullTime(expiresAt)],
    [vscode.l10n.t('Session'), lock.session],
    [vscode.l10n.t('File'), lock.path],
  ]);
}

function kindText({ kind, format }: Lock): string {
  return kind === 'lease' ? vscode.l10n.t('Lease') : vscode.l10n.t('Lock file of {0}', formatLabel(format));
}

function verdictText(lock: Lock): string {
  if (isStale(lock)) return vscode.l10n.t('Stale: it can be cleaned up');
  switch (lock.verdict) {
    case 'alive':
      return vscode.l10n.t('Held by a living process');
    case 'dead':
      return vscode.l10n.t('Left behind; {0} cleans it by itself', formatLabel(lock.format));
    case 'unverifiable':
      return vscode.l10n.t('Unverifiable: left alone, for nothing proves that its owner is dead');
  }
}

/** The folder of a lock's file, or what tells apart leases of equal titles. */
export function lockPlace(lock: Lock): string {
  return listText(lock.path === undefined ? (lock.session ?? '') : dirname(lock.path));
}
