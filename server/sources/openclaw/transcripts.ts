import { stat } from 'node:fs/promises';
import { setImmediate as nextTask } from 'node:timers/promises';
import { mapBounded } from '../../platform/concurrency.ts';
import type { OpenclawPreviewItem } from '../../protocol/openclawMethods.ts';
import type { OpenFile } from '../jsonl/readableFile.ts';
import { previewItems, readPreview } from './preview.ts';
import { lastMessages, readConversationEnds } from './sqlite/conversationEnds.ts';
import { looksOf, readDatabase } from './sqlite/readDatabase.ts';
import type { OpenclawSession, SessionPlace } from './stateDirectory.ts';
import { readEnds, type EndsOfTranscript } from './titles.ts';
import { transcriptPaths, withTranscript, type TranscriptPlace } from './transcriptFile.ts';

const FILES_AT_ONCE = 8;

/** Sessions of a database that are read without a pause. */
const SESSIONS_AT_ONCE = 100;

/** Ends of transcripts in memory at once. */
const MOST_KEPT = 5000;

export interface SessionEnds extends EndsOfTranscript {
  /** Undefined where there is none that can be read. */
  readonly transcript: { readonly path: string; readonly bytes: number | undefined } | undefined;
}

interface Kept {
  readonly looks: string;
  readonly ends: SessionEnds;
}

const NOTHING: SessionEnds = {
  firstUserText: undefined,
  lastText: undefined,
  lastRole: undefined,
  cwd: undefined,
  createdAt: undefined,
  damagedLines: 0,
  transcript: undefined,
};

/** The ends of transcripts, read once for each change of a file. */
export class TranscriptEnds {
  readonly #kept = new Map<string, Kept>();
  readonly #open: OpenFile | undefined;

  constructor(open?: OpenFile) {
    this.#open = open;
  }

  /** In the order of the sessions. Rejects never: what cannot be read has no words to show. */
  async of(sessions: readonly OpenclawSession[]): Promise<SessionEnds[]> {
    const inDatabases = new Map<string, OpenclawSession[]>();
    for (const session of sessions) {
      const { place } = session;
      if (place.era !== 'sqlite') continue;
      const own = inDatabases.get(place.database);
      if (own === undefined) inDatabases.set(place.database, [session]);
      else own.push(session);
    }
    const found = new Map<OpenclawSession, SessionEnds>();
    for (const [database, own] of inDatabases) await this.#readDatabase(database, own, found);
    return mapBounded(sessions, FILES_AT_ONCE, async (session) => {
      const { place } = session;
      if (place.era === 'sqlite') return found.get(session) ?? NOTHING;
      return this.#readFile(place, session).catch(() => NOTHING);
    });
  }

  async #readFile(place: TranscriptPlace, { entry }: OpenclawSession): Promise<SessionEnds> {
    for (const path of transcriptPaths(place, entry)) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (found === undefined) continue;
      const looks = `${found.dev}:${found.ino} ${found.mtimeNs} ${found.size}`;
      const kept = this.#kept.get(path);
      if (kept?.looks === looks) return kept.ends;
      const read = await withTranscript(place, entry, readEnds, this.#open);
      const transcript = { path, bytes: Number(found.size) };
      const ends = read === undefined ? NOTHING : { ...read, transcript };
      this.#keep(path, { looks, ends });
      return ends;
    }
    return NOTHING;
  }

  /** One look for a hundred sessions: they take some 4 ms, and looking at them one by one takes longer. */
  async #readDatabase(
    database: string,
    sessions: readonly OpenclawSession[],
    found: Map<OpenclawSession, SessionEnds>,
  ): Promise<void> {
    try {
      const { text: looks } = await looksOf(database);
      const unread = sessions.filter((session) => {
        const kept = this.#kept.get(keyOf(database, session));
        if (kept?.looks === looks) found.set(session, kept.ends);
        return kept?.looks !== looks;
      });
      for (let start = 0; start < unread.length; start += SESSIONS_AT_ONCE) {
        if (start > 0) await nextTask();
        const some = unread.slice(start, start + SESSIONS_AT_ONCE);
        const read = await readDatabase(database, (db) =>
          some.map(({ entry }) => readConversationEnds(db, entry.sessionId ?? '')),
        );
        for (const [index, session] of some.entries()) {
          const own = read[index];
          const transcript = { path: database, bytes: undefined };
          const ends = own === undefined ? NOTHING : { ...own, transcript };
          found.set(session, ends);
          this.#keep(keyOf(database, session), { looks, ends });
        }
      }
    } catch {
      // The list of the sessions has said why the database cannot be read.
    }
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keyOf(database: string, { entry }: OpenclawSession): string {
  return `${database}\0${entry.sessionId ?? ''}`;
}

/**
 * The last `limit` messages of a session, without those that have nothing to show; undefined where it has no transcript.
 * @throws LockstepError, or the system's error, where the transcript is there and cannot be read
 */
export async function readSessionPreview(
  { place, entry }: { readonly place: SessionPlace; readonly entry: OpenclawSession['entry'] },
  limit: number,
  maxChars: number,
): Promise<OpenclawPreviewItem[] | undefined> {
  if (place.era === 'file')
    return withTranscript(place, entry, (file, size) => readPreview(file, size, limit, maxChars));
  const messages = await readDatabase(place.database, (db) => lastMessages(db, entry.sessionId ?? '', limit));
  return previewItems(messages, maxChars);
}
