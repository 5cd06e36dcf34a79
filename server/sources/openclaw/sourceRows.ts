import { basename } from 'node:path';
import type { OpenclawDefaults } from '../../protocol/openclawMethods.ts';
import type { Tokens } from '../../protocol/session.ts';
import type { SourceSession } from '../../protocol/sourceSession.ts';
import type { Row } from '../jsonl/rows.ts';
import { rowOfFile, type PiFacts } from '../pi/listing.ts';
import { titleOf, UNTITLED } from '../title.ts';
import { absolutePathOf, countOf, fileTimeOf, isoTimeOf, tokensOf } from '../values.ts';
import { activityOf, type Proofs } from './activity.ts';
import { withoutEnvelope } from './envelope.ts';
import { rowOf } from './list.ts';
import { sessionPath } from './sessionPath.ts';
import type { StoredEntry } from './sessionEntry.ts';
import type { OpenclawSession } from './stateDirectory.ts';
import { derivedTitle } from './titles.ts';
import type { SessionEnds } from './transcripts.ts';

const KIND = 'openclaw';

export interface ListedSession {
  readonly session: OpenclawSession;
  /** The session that began it. */
  readonly parent: OpenclawSession | undefined;
  readonly ends: SessionEnds;
  readonly stateDir: string;
  readonly defaults: OpenclawDefaults;
  /** OpenClaw itself would find it. */
  readonly isKnown: boolean;
  readonly proofs: Proofs;
}

/** A session that a store names, as a list shows it. */
export async function sessionRow(listed: ListedSession): Promise<SourceSession> {
  const { session, parent, ends, stateDir, defaults, isKnown, proofs } = listed;
  const { key, agentId, entry, place } = session;
  const row = rowOf(session, defaults);
  const tokens = tokensOfEntry(entry);
  const asked = ends.firstUserText === undefined ? undefined : withoutEnvelope(ends.firstUserText);
  return {
    ref: `${KIND}:${sessionPath(key)}`,
    source: KIND,
    id: entry.sessionId ?? key,
    path: ends.transcript?.path ?? (place.era === 'sqlite' ? place.database : place.storePath),
    // The label is what a person called it, here or in OpenClaw.
    title: titleOf([
      entry.label,
      derivedTitle({ displayName: entry.displayName, subject: entry.subject }, asked),
      row.displayName, // that of a group
      derivedTitle(entry, asked),
      key,
    ]),
    cwd: ends.cwd ?? absolutePathOf(entry.spawnedCwd ?? entry.spawnedWorkspaceDir),
    createdAt: ends.createdAt,
    updatedAt: isoTimeOf(entry.updatedAt) ?? ends.createdAt ?? fileTimeOf(0),
    sizeBytes: ends.transcript?.bytes,
    model: row.model,
    tokens,
    // OpenClaw keeps no sum of all runs.
    partial: tokens !== undefined,
    activity: await activityOf(session, ends, proofs),
    parentRef: parent === undefined ? undefined : `${KIND}:${sessionPath(parent.key)}`,
    damagedLines: ends.damagedLines,
    ...(isKnown
      ? {
          resume: row.archived ? undefined : { program: 'openclaw', args: ['tui', '--session', key] },
          openclaw: {
            key,
            agentId,
            era: place.era,
            stateDir,
            label: entry.label,
            archived: row.archived,
            protected: key === `agent:${agentId}:main`,
          },
        }
      : {}),
  };
}

/** OpenClaw gives those of the last run, and of the context all together. */
function tokensOfEntry(entry: StoredEntry): Tokens | undefined {
  const { inputTokens: input, outputTokens: output } = entry;
  const parts = tokensOf({ input, output, cacheRead: entry['cacheRead'], cacheWrite: entry['cacheWrite'] });
  const total = countOf(entry.totalTokens);
  if (parts !== undefined || total === undefined || total === 0) return parts;
  return { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total };
}

/** A transcript that no session names: to read, not to go on with. */
export function looseRow(row: Row<PiFacts>): SourceSession {
  const listed = rowOfFile(KIND, row);
  return {
    ...listed,
    title: listed.title === UNTITLED ? basename(listed.path) : listed.title,
    activity: { state: 'ended', evidence: 'a transcript that no session of OpenClaw names' },
  };
}
