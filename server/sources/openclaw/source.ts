import { basename, dirname, join } from 'node:path';
import { LockstepError, sessionNotFound, transcriptChanged } from '../../domain/errors.ts';
import { mapBounded } from '../../platform/concurrency.ts';
import type { Disposable } from '../../platform/disposable.ts';
import type { Processes } from '../../platform/processes.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { watchFolders } from '../../platform/watch.ts';
import type { TranscriptPage } from '../../protocol/transcript.ts';
import { openForReading, type OpenFile, type ReadableFile } from '../jsonl/readableFile.ts';
import { createRowReader } from '../jsonl/rows.ts';
import { readPicture } from '../jsonl/recordPicture.ts';
import { readSession } from '../jsonl/sessionPage.ts';
import { readTranscriptPage } from '../jsonl/transcript.ts';
import { piFacts } from '../pi/listing.ts';
import { parsePiRecord } from '../pi/schema.ts';
import type { SessionSource, SourceListing } from '../source.ts';
import { provedGateway } from './activity.ts';
import { readConfig } from './config.ts';
import { openclawFormat } from './items.ts';
import type { LiveGateways } from './liveGateway.ts';
import { looseTranscripts } from './looseTranscripts.ts';
import { throwIfFailed } from './resolve.ts';
import { storeAgentOf } from './sessionKey.ts';
import { keyOfPath, sessionAtPath } from './sessionPath.ts';
import { looseRow, sessionRow } from './sourceRows.ts';
import { readConversationPage } from './sqlite/conversationPage.ts';
import { readEventPicture } from './sqlite/eventPicture.ts';
import { newestOf, treesOf, type OpenclawTree } from './sourceTrees.ts';
import type { OpenclawSession, OpenclawSnapshot, StateDirectories } from './stateDirectory.ts';
import { withTranscript } from './transcriptFile.ts';
import type { TranscriptEnds } from './transcripts.ts';

export interface OpenclawOptions {
  /** Absolute path of OpenClaw's state directory. */
  readonly stateDir: string;
  readonly userHome: string;
  readonly directories: StateDirectories;
  readonly ends: TranscriptEnds;
  readonly processes: Processes;
  readonly gateways: LiveGateways;
  readonly open?: OpenFile;
}

const KIND = 'openclaw';
const ROWS_AT_ONCE = 8;

/** OpenClaw's sessions of both eras: those that a store names, and transcripts that none does. */
export function createOpenclawSource(options: OpenclawOptions): SessionSource {
  const { stateDir, userHome, directories, ends, processes, gateways, open = openForReading } = options;
  const looseRows = createRowReader(open, parsePiRecord, piFacts);
  const snapshotNow = (): Promise<OpenclawSnapshot> => directories.read(stateDir, false, true);

  /** @throws LockstepError SESSION_NOT_FOUND, and what reading an agent's store throws */
  async function readTranscript<T>(path: string, readers: Readers<T>): Promise<T | undefined> {
    const snapshot = await snapshotNow();
    const session = sessionAtPath(snapshot.sessions, path);
    if (session !== undefined) return readOfSession(session, `${KIND}:${path}`, readers, open);
    const key = keyOfPath(path);
    if (key !== undefined) throwIfFailed(snapshot.failed, storeAgentOf(key, snapshot.config.defaultAgent));
    const [agents, folder, sessions, name] = path.split('/', 4);
    const agent = snapshot.agents.agents.find(({ sessionsDir }) => basename(dirname(sessionsDir)) === folder);
    const isOfAgent = agents === 'agents' && sessions === 'sessions' && path.endsWith(`/${name}`);
    if (agent === undefined || name === undefined || !isOfAgent) throw sessionNotFound(`${KIND}:${path}`);
    return readSession({ kind: KIND, root: agent.sessionsDir, open }, name, readers.inFile);
  }

  return {
    kind: KIND,
    label: 'OpenClaw',
    root: stateDir,
    async list(limit): Promise<SourceListing> {
      const snapshot = await snapshotNow();
      const { agents, sessions, config } = snapshot;
      const loose = await looseTranscripts(agents.agents, sessions.values());
      looseRows.keepOnly(loose.files);
      const trees = treesOf(sessions);
      const newest = newestOf(trees, loose.files, limit);
      const wanted = newest.flatMap((top) => ('session' in top ? withChildren(top) : []));
      const texts = await ends.of(wanted.map(({ session }) => session));
      const gateway = await provedGateway(gateways, stateDir, processes);
      const proofs = { gateway, isThere: (path: string) => loose.all.has(path), processes };
      const isKnown = ({ agentId }: OpenclawSession): boolean =>
        agentId === undefined || config.agents === undefined || config.agents.includes(agentId);
      const found = wanted.flatMap((listed, index) => {
        const text = texts[index];
        return text === undefined ? [] : [{ ...listed, ends: text }];
      });
      const rows = await mapBounded(found, ROWS_AT_ONCE, ({ session, parent, ends: own }) =>
        sessionRow({
          session,
          parent,
          ends: own,
          stateDir,
          defaults: config.defaults,
          isKnown: isKnown(session),
          proofs,
        }),
      );
      const rowOf = new Map(wanted.map(({ session }, index) => [session, rows[index]]));
      const problems = [...snapshot.warnings, ...loose.problems];
      const listed = await mapBounded(newest, ROWS_AT_ONCE, async (top) => {
        if ('session' in top) return withChildren(top).flatMap(({ session }) => rowOf.get(session) ?? []);
        const reading = await looseRows.read(top.file);
        if (reading !== undefined && 'problem' in reading) problems.push(reading.problem);
        return reading !== undefined && 'row' in reading ? [looseRow(reading.row)] : [];
      });
      return {
        sessions: listed.flat(),
        total: trees.length + loose.files.length,
        problems: problems.map(({ path, message }) => ({ source: KIND, path, message })),
      };
    },
    page: async (path, query) =>
      (await readTranscript(path, {
        inFile: (file) => readTranscriptPage(file, query, openclawFormat),
        inDatabase: (database, id) => readConversationPage(database, id, query, openclawFormat),
      })) ?? NO_TRANSCRIPT,
    async image(path, query) {
      const picture = await readTranscript(path, {
        inFile: (file) => readPicture(file, query, openclawFormat),
        inDatabase: (database, id) => readEventPicture(database, id, query, openclawFormat),
      });
      if (picture === undefined) throw transcriptChanged();
      return picture;
    },
    watch: (onChange) => watchState(stateDir, userHome, onChange),
  };
}

interface Listed {
  readonly session: OpenclawSession;
  readonly parent: OpenclawSession | undefined;
}

function withChildren({ session, children }: OpenclawTree, parent?: OpenclawSession): Listed[] {
  return [{ session, parent }, ...children.flatMap((child) => withChildren(child, session))];
}

/** How to read a transcript of either era. */
interface Readers<T> {
  readonly inFile: (file: ReadableFile) => Promise<T>;
  readonly inDatabase: (database: string, sessionId: string) => Promise<T>;
}

/** Undefined where the session has no transcript. */
async function readOfSession<T>(
  { place, entry }: OpenclawSession,
  ref: string,
  { inFile, inDatabase }: Readers<T>,
  open: OpenFile,
): Promise<T | undefined> {
  if (place.era === 'sqlite') return inDatabase(place.database, entry.sessionId ?? '');
  try {
    return await withTranscript(place, entry, inFile, open);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    const message = `The transcript of ${ref} cannot be read: ${systemErrorReason(error)}.`;
    throw new LockstepError('SESSION_NOT_FOUND', message, { details: { id: ref }, cause: error });
  }
}

const NO_TRANSCRIPT: TranscriptPage = {
  items: [
    {
      id: '@empty',
      position: 0,
      kind: 'note',
      severity: 'info',
      text: 'This session has no transcript, or it was moved away.',
    },
  ],
  start: 0,
  end: 0,
  atStart: true,
  atEnd: true,
  size: 0,
  generation: 'none',
};

/** `openclaw.json`, and below `agents/` the transcripts, stores and databases; and stores that are elsewhere. */
function watchState(stateDir: string, userHome: string, onChange: () => void): Disposable {
  const watches = [
    watchFolders(
      [
        { path: stateDir, depth: 0 },
        { path: join(stateDir, 'agents'), depth: 2 },
      ],
      onChange,
    ),
  ];
  let disposed = false;
  void readConfig(stateDir, userHome).then(({ storeOf, agents, defaultAgent }) => {
    if (storeOf === undefined || disposed) return;
    const folders = new Set((agents ?? [defaultAgent]).map((id) => dirname(storeOf(id))));
    watches.push(
      watchFolders(
        [...folders].map((path) => ({ path, depth: 0 })),
        onChange,
      ),
    );
    onChange(); // for what changed there meanwhile
  });
  return {
    dispose() {
      disposed = true;
      for (const watch of watches) watch.dispose();
    },
  };
}
