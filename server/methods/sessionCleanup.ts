import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import { MAX_PLANNED, type PlannedSession, type sessionsCleanup } from '../protocol/sessionTrashMethods.ts';
import type {
  Released,
  RemovableSession,
  RemovalResult,
  SessionStore,
  SessionVersion,
} from '../store/sessionStore.ts';

const DAY_MS = 86_400_000;

/** How many sessions one transaction puts into the trash: others who want to write wait for that long. */
const BATCH = 25;

/** What it asks of a store. */
type Removing = Pick<SessionStore, 'removable' | 'removableVersions' | 'removeUnchanged'>;

/** Plans which old sessions go into the trash; without `dryRun` it puts there what was chosen, or all of them. */
export async function cleanUp(
  { olderThanDays, dryRun, items }: ParamsOf<typeof sessionsCleanup>,
  store: Removing,
  clock: Clock,
): Promise<ResultOf<typeof sessionsCleanup>> {
  const endedBefore = clock.now() - olderThanDays * DAY_MS;
  const { sessions, total } = await store.removable(endedBefore, MAX_PLANNED);
  const plan = { sessions: sessions.map(planned), total };
  if (dryRun) return { ...plan, removed: [], skipped: [] };
  await setImmediate();
  const chosen = items ? items.map(versionOf) : await store.removableVersions(endedBefore);
  return { ...plan, ...(await remove(chosen, store)) };
}

async function remove(chosen: readonly SessionVersion[], store: Removing): Promise<RemovalResult> {
  const done: RemovalResult = { removed: [], skipped: [] };
  /** Children that this clean-up itself has let go. */
  const released = new Map<string, Released>();
  for (let from = 0; from < chosen.length; from += BATCH) {
    const batch = chosen.slice(from, from + BATCH);
    const result = await store.removeUnchanged(
      batch,
      batch.flatMap(({ id }) => released.get(id) ?? []),
    );
    done.removed.push(...result.removed);
    done.skipped.push(...result.skipped);
    for (const child of result.released) released.set(child.id, child);
    await setImmediate();
  }
  return done;
}

function planned({ revision, ...session }: RemovableSession): PlannedSession {
  return { ...session, fingerprint: `${session.id}@${revision}` };
}

/** A session's revision is the store's at its last change: no other change has it. */
function versionOf(fingerprint: string): SessionVersion {
  const [, id, revision] = /^(.+)@(\d+)$/s.exec(fingerprint) ?? [];
  if (id === undefined || revision === undefined) {
    throw new LockstepError('INVALID_PARAMS', `items: "${fingerprint}" is not a fingerprint of a plan.`, {
      details: { param: 'items' },
    });
  }
  return { id, revision: Number(revision) };
}
