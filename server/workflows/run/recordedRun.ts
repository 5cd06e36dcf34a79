import { LockstepError } from '../../domain/errors.ts';
import { RUN_KIND, type WorkflowPlan } from '../../domain/workflowPlan.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { Session } from '../../protocol/session.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import { recordOf, runMetadata, STATE_EVENT, type RunRecord } from './runRecord.ts';

/** As many events as one answer of the store holds. */
const PAGE = 1000;
/** So many at once are looked through for the last one of a step. */
const LAST_PAGE = 100;

/** Undefined for a session that is no run. */
export function planOfSession({ kind, metadata }: Session): WorkflowPlan | undefined {
  return kind === RUN_KIND ? runMetadata.safeParse(metadata).data?.plan : undefined;
}

/** @throws LockstepError INVALID_PARAMS */
export function mustBeRun(session: Session): WorkflowPlan {
  const plan = planOfSession(session);
  if (plan !== undefined) return plan;
  throw new LockstepError(
    'INVALID_PARAMS',
    `id: session ${session.id} is no run of a workflow. See runs.list for those that are.`,
    { details: { param: 'id', id: session.id, kind: session.kind } },
  );
}

/** What was stored last of a run; undefined for one that no runner has written of. */
export async function lastRecord(
  store: SessionStore,
  id: string,
  plan: WorkflowPlan,
): Promise<RunRecord | undefined> {
  const [event] = await store.lastEvents(id, 1, { type: STATE_EVENT });
  return event === undefined ? undefined : recordOf(event, plan);
}

/** The events of those types behind a `seq`, all of them. */
export async function eventsAfter(
  store: SessionStore,
  id: string,
  seq: number,
  types: readonly string[],
): Promise<SessionEvent[]> {
  const found: SessionEvent[] = [];
  let afterSeq: number | undefined = seq;
  while (afterSeq !== undefined) {
    const page = await store.events({ id, afterSeq, limit: PAGE, types: [...types] });
    found.push(...page.events);
    afterSeq = page.nextSeq;
  }
  return found;
}

/**
 * A session and its events of those types behind a `seq`, up to `lastSeq`, as of one moment: a request and what it makes
 * of the session are written together, and are to be read so.
 */
export async function newsOf(
  store: SessionStore,
  id: string,
  seq: number,
  types: readonly string[],
): Promise<{ session: Session; lastSeq: number; events: SessionEvent[] }> {
  for (;;) {
    const { session, lastSeq } = await store.state(id);
    const events = await eventsAfter(store, id, seq, types);
    if ((events.at(-1)?.seq ?? 0) <= lastSeq) return { session, lastSeq, events };
  }
}

/** The last event of a type for each of the steps that have one. */
export async function lastOfSteps<T extends { readonly step: string }>(
  store: SessionStore,
  id: string,
  { type, parse }: { readonly type: string; readonly parse: (data: unknown) => T },
  steps: readonly string[],
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  const left = new Set(steps);
  let before: number | undefined;
  while (left.size > 0) {
    const options = { type, ...(before === undefined ? {} : { before }) };
    const events = await store.lastEvents(id, LAST_PAGE, options);
    for (const { data } of events.toReversed()) {
      const one = parse(data);
      if (left.delete(one.step)) found.set(one.step, one);
    }
    before = events[0]?.seq;
    if (before === undefined) break;
  }
  return found;
}
