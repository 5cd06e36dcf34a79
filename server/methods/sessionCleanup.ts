import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type { Session } from '../protocol/session.ts';
import { MAX_PLANNED, type PlannedSession, type sessionsCleanup } from '../protocol/sessionTrashMethods.ts';
import type { RemovalResult, SessionStore, SessionVersion } from '../store/sessionStore.ts';

const DAY_MS = 86_400_000;

/** How many sessions one transaction puts into the trash: others who want to write wait for that long. */
const BATCH = 100;

/** Plans which old sessions go into the trash; without `dryRun` it puts there what was chosen, or all of them. */
export async function cleanUp(
  { olderThanDays, dryRun, items }: ParamsOf<typeof sessionsCleanup>,
  store: SessionStore,
  clock: Clock,
): Promise<ResultOf<typeof sessionsCleanup>> {
  const endedBefore = clock.now() - olderThanDays * DAY_MS;
  const { sessions, total } = await store.removable(endedBefore, MAX_PLANNED);
  const plan = { sessions: sessions.map(planned), total };
  if (dryRun) return { ...plan, removed: [], skipped: [] };
  if (items) return { ...plan, ...(await remove(items.map(versionOf), store)) };
  const done: RemovalResult = { removed: [], skipped: [] };
  for (let found = sessions; ;) {
    const { removed, skipped } = await remove(found, store);
    done.removed.push(...removed);
    done.skipped.push(...skipped);
    // What was skipped would be found again, for ever.
    if (removed.length === 0 || done.skipped.length > 0) return { ...plan, ...done };
    found = (await store.removable(endedBefore, MAX_PLANNED)).sessions;
  }
}

async function remove(chosen: readonly SessionVersion[], store: SessionStore): Promise<RemovalResult> {
  const done: RemovalResult = { removed: [], skipped: [] };
  for (let from = 0; from < chosen.length; from += BATCH) {
    const { removed, skipped } = await store.removeUnchanged(chosen.slice(from, from + BATCH));
    done.removed.push(...removed);
    done.skipped.push(...skipped);
  }
  return done;
}

function planned(session: Session): PlannedSession {
  const { id, kind, title, status, iterations, messages, createdAt } = session;
  const { label, workspace, endedAt, archivedAt } = session;
  return {
    id,
    kind,
    title,
    ...(label === undefined ? {} : { label }),
    status,
    ...(workspace === undefined ? {} : { workspace }),
    iterations,
    messages,
    createdAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(archivedAt === undefined ? {} : { archivedAt }),
    fingerprint: `${id}@${session.revision}`,
  };
}

/** A session's revision is the store's at its last change: no other change has it. */
function versionOf(fingerprint: string): SessionVersion {
  const [, id, revision] = /^(.+)@(\d+)$/.exec(fingerprint) ?? [];
  if (id === undefined || revision === undefined) {
    throw new LockstepError('INVALID_PARAMS', `items: "${fingerprint}" is not a fingerprint of a plan.`, {
      details: { param: 'items' },
    });
  }
  return { id, revision: Number(revision) };
}
