import type { JsonObject } from '../../protocol/json.ts';
import { readEntry, type StoredEntry } from './sessionEntry.ts';
import { canonicalKey } from './sessionKey.ts';
import type { StoreDraft } from './storeWriter.ts';
import { transcriptPaths, type TranscriptPlace } from './transcriptFile.ts';
import { noEntry } from './writeRefusals.ts';

/** Which session of which store. */
export interface SessionName {
  /** In its one form. */
  readonly key: string;
  readonly agent: { readonly id: string; readonly storePath: string };
  readonly mainKey: string;
}

/** The key that an entry has in a store, and the entry. */
export interface Stored {
  readonly key: string;
  readonly raw: JsonObject;
  readonly entry: StoredEntry;
}

/** Whether a key of a store, in whatever form, is that of a session. */
export function isKeyOf(name: string, { key, agent, mainKey }: SessionName): boolean {
  return name === key || canonicalKey(name, agent.id, mainKey) === key;
}

/**
 * The entry of a session, under whatever form of its key; the one that was used last, if there are several.
 * @throws LockstepError STORE_CORRUPT where there is something that is no entry: it is not written over
 */
export function storedIn(draft: Pick<StoreDraft, 'keys' | 'get'>, session: SessionName): Stored | undefined {
  let newest: Stored | undefined;
  let unreadable: string | undefined;
  for (const name of draft.keys()) {
    if (!isKeyOf(name, session)) continue;
    const raw = draft.get(name);
    const entry = readEntry(raw)?.entry;
    if (raw === undefined || entry === undefined) unreadable = name;
    else if (newest === undefined || (newest.entry.updatedAt ?? 0) < (entry.updatedAt ?? 0))
      newest = { key: name, raw, entry };
  }
  if (newest === undefined && unreadable !== undefined) throw noEntry(session.agent.storePath, unreadable);
  return newest;
}

/** Whether another entry of the store has a transcript too, as runs of a cron job do. */
export function isShared(draft: StoreDraft, key: string, path: string, place: TranscriptPlace): boolean {
  for (const name of draft.keys()) {
    const entry = name === key ? undefined : readEntry(draft.get(name))?.entry;
    if (entry && transcriptPaths(place, entry).includes(path)) return true;
  }
  return false;
}

export function isSameTranscript(a: StoredEntry | undefined, b: StoredEntry | undefined): boolean {
  return a?.sessionId === b?.sessionId && a?.sessionFile === b?.sessionFile;
}
