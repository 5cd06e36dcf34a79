import type { StoredEntry } from './sessionEntry.ts';
import { groupOf } from './sessionKey.ts';

/** The longest part of a name that is looked at: such names are of some ten characters. */
const MAX_DETAIL = 200;

/** `telegram:g-ops-team`, `discord:lockstep#general`: how OpenClaw names a group that has no name of its own. */
export function groupName(key: string, entry: StoredEntry): string | undefined {
  const inKey = groupOf(key);
  const channel = entry.channel ?? inKey?.channel;
  if (channel === undefined || channel === '') return undefined;
  const token = slug(detailOf(key, entry, inKey?.id));
  if (token === '') return channel;
  const marked = /^(?:[#@]|g-)/.test(token) || token.includes('#');
  return `${channel}:${marked ? token : `g-${token}`}`;
}

function detailOf(key: string, entry: StoredEntry, idInKey: string | undefined): string {
  const { groupChannel, space, subject, groupId } = entry;
  if (groupChannel !== undefined && groupChannel !== '') {
    if (space === undefined || space === '') return groupChannel;
    return groupChannel.startsWith('#') ? `${space}${groupChannel}` : `${space}#${groupChannel}`;
  }
  return [subject, space, groupId, idInKey].find((detail) => detail !== undefined && detail !== '') ?? key;
}

function slug(detail: string): string {
  return detail
    .slice(0, MAX_DETAIL)
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}#@._+]+/gu, '-')
    .replaceAll(/^[-._]|[-._]$/g, '');
}
