import { actionLabels } from './errorActions.ts';
import { LockstepError } from './errors.ts';
import { defined, event, step, type Decide, type SessionState, type Step } from './sessionStep.ts';

/** Into the trash, where nobody works on it. */
export function trash(state: SessionState, now: number): Step {
  const { session } = state;
  if (isRunning(state)) {
    throw new LockstepError(
      'ILLEGAL_TRANSITION',
      `Session ${session.id} is at work: iteration ${session.iterations} was begun and has not ended. Pause it, or let it end, before you remove it.`,
      {
        details: { id: session.id, from: session.status, to: session.status },
        actions: [
          {
            kind: 'command',
            label: actionLabels.pause,
            method: 'sessions.pause',
            params: { id: session.id },
          },
        ],
      },
    );
  }
  // By the clock alone: after a last change in the future it would not be emptied until then.
  const trashedAt = new Date(now).toISOString();
  return step(state, now, { trashedAt }, [event('update', { trashed: true })]);
}

/** Out of the trash; without its label where another session has taken that meanwhile, and without a parent that is gone. */
export function restore(isLabelTaken: boolean, isParentGone: boolean): Decide {
  return (state, now) => {
    const { trashedAt, label, parentId, ...session } = state.session;
    if (trashedAt === undefined) return { ...state, events: [] };
    const kept = defined({
      label: isLabelTaken ? undefined : label,
      parentId: isParentGone ? undefined : parentId,
    });
    const dropped = {
      ...(isLabelTaken && label !== undefined ? { label: null } : {}),
      ...(isParentGone && parentId !== undefined ? { parentId: null } : {}),
    };
    return step({ ...state, session: { ...session, ...kept } }, now, {}, [
      event('update', { trashed: false, ...dropped }),
    ]);
  };
}

/** Its parent was removed. */
export function orphan(state: SessionState, now: number): Step {
  const { parentId, ...session } = state.session;
  if (parentId === undefined) return { ...state, events: [] };
  return step({ ...state, session }, now, {}, [event('update', { parentId: null })]);
}

/** Whether an iteration is under way. */
export function isRunning({ session, iterationOpen }: SessionState): boolean {
  return session.status === 'active' && iterationOpen;
}
