import * as vscode from 'vscode';
import { plainText } from '../services/plainText.ts';
import type { SessionList } from '../services/sessionList.ts';

/**
 * Says what the list leaves out, so that no session seems lost; undefined where it leaves out nothing. Also where the
 * filter leaves nothing: VS Code shows a message or a welcome view, and the welcome view has the way out.
 */
export function listMessage(list: SessionList, isLimited: boolean): string | undefined {
  const { listed, hidden, isHiddenAtLeast, left, groups } = list.listing;
  if (list.filter === '') {
    if (hidden === 0) return undefined;
    if (isHiddenAtLeast) return vscode.l10n.t('{0} or more sessions of other folders are not shown.', hidden);
    return hidden === 1
      ? vscode.l10n.t('1 session of another folder is not shown.')
      : vscode.l10n.t('{0} sessions of other folders are not shown.', hidden);
  }
  const text = plainText(short(list.filter));
  if (list.isSearching) return vscode.l10n.t('Looking for "{0}"…', text);
  if (groups.length === 0) return undefined;
  // What matches and is not loaded is not what the filter hides.
  if (left !== undefined)
    return vscode.l10n.t('Filtered by "{0}": {1} shown so far, more match.', text, listed);
  const rest = isHiddenAtLeast ? `${hidden}+` : String(hidden);
  return isLimited
    ? vscode.l10n.t('Filtered by "{0}" in this workspace: {1} shown, {2} hidden.', text, listed, rest)
    : vscode.l10n.t('Filtered by "{0}": {1} shown, {2} hidden.', text, listed, rest);
}

/** A text that fits beside the name of a view. */
export function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
