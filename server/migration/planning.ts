import { LockstepError } from '../domain/errors.ts';
import type { ResultOf } from '../protocol/method.ts';
import type {
  MigrationDamage,
  migrationInspect,
  MigrationItem,
  migrationPlan,
} from '../protocol/migrationMethods.ts';
import type { Place } from './inspection.ts';
import type { MigrationTarget } from './migrationTarget.ts';
import { contentsOf, fingerprintOf, isDamage, originOf, tryRead, Turns, type Contents } from './reading.ts';

/** What there is, without reading the sessions. */
export async function inspect(place: Place): Promise<ResultOf<typeof migrationInspect>> {
  const { candidates, damaged, notes } = await contentsOf(place);
  const found = place.sources.map((source) => {
    const own = candidates.filter((one) => one.source === source);
    return {
      format: source.format,
      path: source.root,
      sessions: own.length,
      bytes: own.reduce((sum, one) => sum + one.found.bytes, 0),
    };
  });
  return { path: place.path, found, sessions: candidates.length, damaged: [...damaged], notes: [...notes] };
}

/**
 * The next part of a plan, of about `budgetMs` of work.
 * @param cursor the key of the last session of the part before
 */
export async function planPart(
  { candidates, damaged, notes }: Contents,
  target: MigrationTarget,
  cursor: string | undefined,
  budgetMs: number,
): Promise<ResultOf<typeof migrationPlan>> {
  await target.open();
  const isFirst = cursor === undefined;
  const at = isFirst ? -1 : candidates.findIndex(({ key }) => key === cursor);
  if (!isFirst && at === -1)
    throw new LockstepError('INVALID_PARAMS', 'cursor: what it names is gone; begin the plan anew.', {
      details: { param: 'cursor' },
    });
  const items: MigrationItem[] = [];
  const bad: MigrationDamage[] = isFirst ? [...damaged] : [];
  const turns = new Turns(budgetMs);
  let done = at + 1;
  for (; done < candidates.length && !turns.isOver; done++) {
    const candidate = candidates[done];
    if (candidate === undefined) break;
    const read = await tryRead(candidate);
    if (isDamage(read)) {
      bad.push(read);
      continue;
    }
    const { key, found, source } = candidate;
    const { state, events } = read.session;
    const look = await target.look(read, originOf(candidate, read));
    items.push({
      key,
      format: source.format,
      path: found.path,
      id: read.id,
      title: state.session.title,
      ...look,
      losses: [...read.losses],
      notes: [...read.notes, ...(look.state === 'new' ? await target.remarks(read, look.to) : [])],
      events: events.length,
      messages: state.session.messages,
      bytes: read.bytes,
      ...(read.modifiedAt === undefined ? {} : { modifiedAt: new Date(read.modifiedAt).toISOString() }),
      sha256: read.sha256,
      fingerprint: fingerprintOf(key, read),
    });
    await turns.take();
  }
  const last = candidates[done - 1]?.key;
  return {
    items,
    damaged: bad,
    notes: isFirst ? [...notes] : [],
    done,
    total: candidates.length,
    ...(done < candidates.length && last !== undefined ? { nextCursor: last } : {}),
  };
}
