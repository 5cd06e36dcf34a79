import * as vscode from 'vscode';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago a moment was, short enough for a list: `now`, `5m`, `3h`, `12d`. */
export function shortAge(iso: string, now: number): string {
  const age = now - Date.parse(iso);
  if (age < MINUTE) return vscode.l10n.t('now');
  if (age < HOUR) return vscode.l10n.t('{0}m', Math.floor(age / MINUTE));
  if (age < DAY) return vscode.l10n.t('{0}h', Math.floor(age / HOUR));
  return vscode.l10n.t('{0}d', Math.floor(age / DAY));
}

/** How long something took, in the largest unit that fits: `45 s`, `5 min`, `3 h`, `12 d`. */
export function durationText(ms: number): string {
  if (ms < MINUTE) return vscode.l10n.t('{0} s', Math.floor(ms / 1000));
  if (ms < HOUR) return vscode.l10n.t('{0} min', Math.floor(ms / MINUTE));
  if (ms < DAY) return vscode.l10n.t('{0} h', Math.floor(ms / HOUR));
  return vscode.l10n.t('{0} d', Math.floor(ms / DAY));
}

/** How long something may take: a limit of 90 minutes is not one of an hour. Two units at most: `1 h 30 min`. */
export function spanText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), vscode.l10n.t('{0} d', Math.floor(seconds / 86_400))],
    [Math.floor(seconds / 3_600) % 24, vscode.l10n.t('{0} h', Math.floor(seconds / 3_600) % 24)],
    [Math.floor(seconds / 60) % 60, vscode.l10n.t('{0} min', Math.floor(seconds / 60) % 60)],
    [seconds % 60, vscode.l10n.t('{0} s', seconds % 60)],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? durationText(ms) : shown.map(([, text]) => text).join(' ');
}

/** A moment in the reader's own language and time zone. */
export function fullTime(iso: string): string {
  // Unlike a new Intl.DateTimeFormat, this takes its formatter from a cache of the engine.
  return new Date(iso).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The same, short enough for a list: the time of today, and of other days the day, too. */
export function listTime(iso: string, now: number): string {
  const at = new Date(iso);
  const time = { hour: 'numeric', minute: '2-digit' } as const;
  return at.toDateString() === new Date(now).toDateString()
    ? at.toLocaleTimeString(vscode.env.language, time)
    : at.toLocaleString(vscode.env.language, { month: 'short', day: 'numeric', ...time });
}

/** A count that fits a list: `950`, `12.3k`, `4.5M`. */
export function shortCount(count: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

/** A count with all its digits, as the reader's language groups them. */
export function fullCount(count: number): string {
  return count.toLocaleString(vscode.env.language);
}

/** US dollars, with the cents that small sums need. */
export function dollars(costUsd: number): string {
  return `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
}

/** A size as file managers show it: `950 B`, `12 kB`, `4.5 MB`. */
export function bytesText(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let [value, at] = [bytes, 0];
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'unit',
    unit: units[at] ?? 'byte',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}
